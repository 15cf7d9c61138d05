/** DICOM on the network: the upper layer and the DIMSE services, as SCU and as SCP (PS3.7, PS3.8). */
export { type AcceptContext, acceptFrom, type ContextAnswer } from "./accept-contexts.ts";
export type { AllowList } from "./admission.ts";
export { checkAETitle, isAETitle } from "./ae-title.ts";
export type { Association, RetrieveOptions, StoreOptions, StoreOutcome } from "./association.ts";
export type { Priority } from "./command.ts";
export { dimseErrors } from "./errors.ts";
export type { MessageData } from "./fragments.ts";
export type { AcceptedContext } from "./message-reader.ts";
export type { ContextProposal } from "./negotiation.ts";
export { type AssociationOptions, requestAssociation, type Timeouts } from "./request-association.ts";
export type { RetrieveOutcome, SubOperations } from "./retrieve.ts";
export { createServer, type DicomServer, type ServerLimits, type ServerOptions } from "./server.ts";
export type {
  Destination,
  Handlers,
  MoveOriginator,
  MovePlan,
  MoveRequest,
  OutgoingInstance,
  QueryRequest,
  ReceivedStore,
  Requestor,
} from "./services.ts";
export { categoryOf, Status, type StatusCategory, statusFault, statusOf, statusString } from "./status.ts";
export type { StoreHandler, StoreRequest } from "./store-request.ts";
export { PatientRoot, StudyRoot, Verification } from "./uids.ts";
