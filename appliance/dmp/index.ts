/** The national record (DMP): prepare, publish and find a manifest. */
export { createDmp } from "./dmp.ts";
export { type DmpCode, dmpErrors } from "./errors.ts";
export type {
  Dmp,
  DmpOptions,
  IdentificationMode,
  Published,
  Submission,
  SubmissionDocument,
  SubmissionInput,
  Timeouts,
  VihfFacts,
} from "./model.ts";
