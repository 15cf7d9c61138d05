/** The house itself: configuration, log, checks, health and metrics. */
export * from "./checks/index.ts";
export {
  type Configuration,
  configurationErrors,
  configurationSchema,
  loadConfiguration,
  parseConfiguration,
} from "./config/index.ts";
export { createHealthServer } from "./health/server.ts";
export { createLogger } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
