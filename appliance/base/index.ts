/** What every room stands on: coded errors, the logger's face, the circuit breaker, the times of HL7, bounds. */
export { Breaker, type BreakerOptions, type BreakerState, breakerStates } from "./breaker.ts";
export {
  asCoded,
  CodedError,
  defineErrors,
  type ErrorDefinition,
  type ErrorTable,
  type FaultOptions,
  fill,
  type Retry,
  type Sentence,
} from "./errors.ts";
export { type Logger, silent } from "./log.ts";
export { Memory } from "./memory.ts";
export { boundConnections, subscriberOf } from "./network.ts";
export { type Said, said } from "./optional.ts";
export { readTime } from "./time.ts";
export { within } from "./within.ts";
