/** The national record (DMP): publish, replace, withdraw and find manifests. */
export type { DocumentQuestion, RegistryDocument } from "../xds/index.ts";
export { MANIFEST } from "./codes.ts";
export { createDmp } from "./dmp.ts";
export { type DmpCode, dmpErrors } from "./errors.ts";
export { studyReference } from "./metadata.ts";
export type {
  Actor,
  ArchivedProvision,
  Dmp,
  DmpOptions,
  IdentificationMode,
  Identity,
  Provision,
  Published,
  RegisteredEntry,
  Replacement,
  Submission,
  SubmissionDocument,
  SubmissionInput,
  Timeouts,
  VihfFacts,
  Withdrawal,
  WithdrawalInput,
} from "./model.ts";
export { isApproved, isInForce } from "./verify.ts";
