import { asCoded, type CodedError } from "../base/index.ts";
import { fault, type pacsErrors } from "./errors.ts";

/** What each failure of the network layer means for a person who looks after the PACS. */
const MEANING: Readonly<Record<string, keyof typeof pacsErrors.definitions>> = {
  DIMSE_UNREACHABLE: "PACS_UNREACHABLE",
  DIMSE_TLS_FAILED: "PACS_UNREACHABLE",
  DIMSE_TIMEOUT: "PACS_UNREACHABLE",
  DIMSE_REJECTED: "PACS_REFUSED",
  DIMSE_REJECTED_TRANSIENT: "PACS_BUSY",
  DIMSE_NO_ACCEPTED_CONTEXT: "PACS_REFUSED",
  DIMSE_STATUS_FAILURE: "PACS_FAILED",
  DIMSE_OUT_OF_RESOURCES: "PACS_BUSY",
};

/**
 * A failure as the rest of the product sees it: named after the PACS, tried again later, the technical error as its cause.
 * Whatever goes wrong between us and the PACS, it says nothing about the study: the caller goes on waiting.
 */
export function explain(error: unknown, pacs: string, step: string): CodedError {
  const coded = asCoded(error, (cause) => fault("PACS_INTERRUPTED", { details: { pacs, step }, cause }));
  if (coded.code.startsWith("PACS_")) return coded;
  const { status, failed } = coded.details;
  return fault(MEANING[coded.code] ?? "PACS_INTERRUPTED", {
    details: { pacs, step, ...(status !== undefined && { status }), ...(failed !== undefined && { failed }) },
    values: coded.values,
    cause: coded,
  });
}
