import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { otherIdentifiers } from "./identity.ts";
import type { ReceivedOrder, ReceivedReport } from "./report.ts";

/**
 * Whether the orders of a study say what the report says: the patient, and the accession number. An order checks a report,
 * it never stands in for it. The last message on an order counts; one that was cancelled says nothing.
 */
export function orderFaults(
  received: readonly ReceivedOrder[],
  studyInstanceUID: string,
  report: ReceivedReport,
  accessions: readonly string[],
): CodedError[] {
  const last = new Map<string, ReceivedOrder>();
  for (const one of received) {
    const ordered = one.order.orders.find((study) => study.studyInstanceUID === studyInstanceUID);
    last.set(ordered?.placer?.value ?? ordered?.accession?.value ?? "", one);
  }
  return [...last.values()]
    .filter(({ order }) => order.action !== "cancel")
    .flatMap((one) => disagreements(one, studyInstanceUID, report, accessions));
}

function disagreements(
  { order }: ReceivedOrder,
  studyInstanceUID: string,
  report: ReceivedReport,
  accessions: readonly string[],
): CodedError[] {
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
