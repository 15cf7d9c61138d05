/** The administrators' API. */
export { createApi } from "./api.ts";
export { consoleErrors } from "./errors.ts";
export type { ApiOptions, Explanation } from "./options.ts";
