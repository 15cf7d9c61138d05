/** The house itself: configuration, log, checks, health and metrics. */
export * from "./backup/index.ts";
export * from "./checks/index.ts";
export {
  type Configuration,
  configurationErrors,
  configurationSchema,
  loadConfiguration,
  parseConfiguration,
} from "./config/index.ts";
export { answers as somebodyListens, claimFolder, type DataFolder } from "./folder.ts";
export { createHealthServer } from "./health/server.ts";
export { listening } from "./listen.ts";
export { createLogger } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
