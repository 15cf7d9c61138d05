import { CodedError } from "../../base/index.ts";
import { fault } from "../errors.ts";
import { explain } from "../explain.ts";

/** What a failure in the middle of a retrieve means, `PACS_*`; the counts of the PACS go with it. */
export function explainRetrieve(error: unknown, pacs: string, step: string): CodedError {
  if (!(error instanceof CodedError)) return explain(error, pacs, step);
  const details = { ...error.details, pacs, step };
  const options = { details, values: error.values, cause: error };
  if (error.code === "DIMSE_TIMEOUT") return fault("PACS_TIMED_OUT", options);
  if (error.code === "DIMSE_DESTINATION_UNKNOWN") return fault("PACS_DESTINATION_UNKNOWN", options);
  if (error.code === "DIMSE_NO_ACCEPTED_CONTEXT") return fault("PACS_REFUSED", options);
  if (error.code === "DIMSE_OUT_OF_RESOURCES") return fault("PACS_BUSY", options);
  return explain(error, pacs, step);
}
