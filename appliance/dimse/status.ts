import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";

/** The status codes that this room sends or tells apart (PS3.7 C, PS3.4 B.2.3, C.4). */
export const Status = {
  success: 0x0000,
  pending: 0xff00,
  /** Pending, but some optional keys were not matched (PS3.4 C.4.1.1.4). */
  pendingWithWarning: 0xff01,
  cancel: 0xfe00,
  processingFailure: 0x0110,
  /** No Such Object Instance. */
  noSuchInstance: 0x0112,
  missingAttribute: 0x0120,
  invalidArgument: 0x0115,
  invalidInstance: 0x0117,
  sopClassNotSupported: 0x0122,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  unableToCountMatches: 0xa701,
  unableToPerformSubOperations: 0xa702,
  moveDestinationUnknown: 0xa801,
  identifierDoesNotMatch: 0xa900,
  /** Sub-operations complete, one or more failures. */
  subOperationsWithFailures: 0xb000,
  unableToProcess: 0xc001,
} as const;

export type StatusCategory = "success" | "pending" | "cancel" | "warning" | "failure";

/** Every other code is a failure (PS3.7 C.2 to C.6), also one that nobody has heard of. */
export function categoryOf(status: number): StatusCategory {
  if (status === Status.success) return "success";
  if (status === Status.pending || status === Status.pendingWithWarning) return "pending";
  if (status === Status.cancel) return "cancel";
  const warning = status === 0x0001 || status === 0x0107 || status === 0x0116 || status >> 12 === 0xb;
  return warning ? "warning" : "failure";
}

/** `0xA702`, as the standard and everybody's logs write it. */
export function statusString(status: number): string {
  return `0x${status.toString(16).toUpperCase().padStart(4, "0")}`;
}

export interface StatusFaultOptions {
  /** (0000,0902). One that we receive may quote a patient: for the operator, never for a log. */
  readonly comment?: string | undefined;
  /** Of a C-MOVE. */
  readonly destination?: string;
  /** Counts of a retrieve. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** The error of a failed answer; a service handler of the SCP throws one to answer with that status. */
export function statusFault(service: string, status: number, options: StatusFaultOptions = {}): CodedError {
  const { comment, destination, counts } = options;
  const details = { ...counts, service, status: statusString(status) };
  const values = comment === undefined ? {} : { values: { comment } };
  if (status === Status.moveDestinationUnknown && destination !== undefined) {
    return fault("DIMSE_DESTINATION_UNKNOWN", { details: { ...details, destination }, ...values });
  }
  const code = status >> 8 === 0xa7 ? "DIMSE_OUT_OF_RESOURCES" : "DIMSE_STATUS_FAILURE";
  return fault(code, { details, ...values });
}

/** The status that a `statusFault` stands for; undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof CodedError ? error.details.status : undefined;
  return typeof status === "string" ? Number.parseInt(status, 16) : undefined;
}

/** ErrorComment (0000,0902) of the answer that a `statusFault` stands for: an LO, so 64 printable characters. */
export function commentOf(error: unknown): { readonly errorComment?: string } {
  const comment = statusOf(error) === undefined ? undefined : (error as CodedError).values.comment;
  return comment === undefined ? {} : { errorComment: comment.replace(/[^\x20-\x5b\x5d-\x7e]/g, "?").slice(0, 64) };
}
