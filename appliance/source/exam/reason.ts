import type { CodedError } from "../../base/index.ts";
import type { Reason } from "../../store/index.ts";

/** Why an exam waits, as the store keeps it: the code, and what a person must compare. */
export function reasonOf(fault: CodedError): Reason {
  return { code: fault.code, ...(Object.keys(fault.values).length > 0 && { compared: fault.values }) };
}
