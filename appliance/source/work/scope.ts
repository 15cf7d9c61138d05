import type { CodedError } from "../../base/index.ts";

/**
 * Faults that a person must mend and that concern every exam alike: the line, the certificates, the address, the
 * declaration at the peer. They park nothing: exams wait, the breaker opens, the readiness check says what is wrong,
 * and all goes on by itself once it is mended. What concerns one exam alone parks that exam.
 */
const ofTheDestination: ReadonlySet<string> = new Set([
  "DMP_SERVER_CERTIFICATE",
  "DMP_CLIENT_CERTIFICATE",
  "DMP_NOT_AUTHORISED",
  "DMP_HTTP_REFUSED",
]);
const roomsOfTheDestination = /^(DIMSE|TRUST)_/;

/** True when the exam should be tried again by itself. */
export function waits(fault: CodedError): boolean {
  return fault.retry === "later" || ofTheDestination.has(fault.code) || roomsOfTheDestination.test(fault.code);
}

/** The faults that may tell against each destination, by their codes; those of the box itself tell against none. */
export const faultsOf = { PACS: /^(PACS|DIMSE)_/, DMP: /^(DMP|TRUST)_/ } as const;
