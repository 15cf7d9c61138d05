/** The administrators' API. */
export { createApi, type Explanation } from "./api.ts";
export { consoleErrors } from "./errors.ts";
