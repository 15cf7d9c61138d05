import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { otherIdentifiers } from "./identity.ts";
import type { ReceivedOrder, ReceivedReport } from "./report.ts";

/**
 * Whether an order says of a study what the report says: the patient, and the accession number. An order checks a report,
 * it never stands in for it. One that was cancelled says nothing.
 */
export function orderFaults(
  { order }: ReceivedOrder,
  studyInstanceUID: string,
  report: ReceivedReport,
  accessions: readonly string[],
): CodedError[] {
  if (order.action === "cancel") return [];
  const faults: CodedError[] = [];
  const patient = otherIdentifiers(order.patient.identifiers, report.header.patient);
  if (patient !== undefined) {
    const values = { order: patient.message, report: patient.report };
    faults.push(sourceErrors.fault("SOURCE_ORDER_DISAGREES", { values }));
  }
  const numbers = order.orders
    .filter((one) => one.studyInstanceUID === studyInstanceUID)
    .flatMap(({ accession }) => accession?.value ?? []);
  if (numbers.length > 0 && accessions.length > 0 && !numbers.some((number) => accessions.includes(number))) {
    const values = { order: numbers.join(" "), report: accessions.join(" ") };
    faults.push(sourceErrors.fault("SOURCE_ORDER_DISAGREES", { values }));
  }
  return faults;
}
