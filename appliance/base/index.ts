/** What every room stands on: coded errors and the logger's face. */
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
export { type Said, said } from "./optional.ts";
