export { configurationErrors } from "./errors.ts";
export { loadConfiguration, parseConfiguration } from "./load.ts";
export { type Configuration, configurationSchema } from "./schema.ts";
