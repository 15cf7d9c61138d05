import type { Exam, ExamOpening, Reason } from "../../store/index.ts";
import type { Start } from "./judge.ts";
import { accessionsOf, type ReceivedReport } from "./report.ts";

/** A report and the exam it meets. */
export interface Situation {
  readonly start: Start;
  readonly repeated: boolean;
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly received: ReceivedReport;
  readonly known: Exam | undefined;
  readonly at: Date;
}

/** What a report makes of one exam. */
export function decide(situation: Situation): ExamOpening {
  const { known, start, at } = situation;
  if (known === undefined) return fresh(situation, start, at);
  const unchanged = { ...asKnown(known), event: event(situation, at, "report-repeated") };
  if (situation.repeated) return unchanged;
  if (known.state === "publishing" || known.state === "published") {
    return { ...unchanged, event: event(situation, at, "report-added", "SOURCE_REPORT_AFTER_MANIFEST") };
  }
  if (start.kind === "closed") return { ...unchanged, event: event(situation, at, "report-not-for-dmp") };
  if (start.ipp !== undefined && known.ipp !== undefined && known.ipp !== start.ipp.value) {
    const reason = {
      code: "SOURCE_REPORTS_DISAGREE",
      compared: { first: known.ipp, second: start.ipp.value },
    };
    return { ...parked(asKnown(known), reason), event: event(situation, at, "parked", reason.code, reason.compared) };
  }
  if (known.code === "SOURCE_REPORTS_DISAGREE") return { ...unchanged, event: event(situation, at, "report-added") };
  return fresh(situation, start, at, known);
}

/** The exam as the report alone would make it, with what earlier reports already gave. */
function fresh(situation: Situation, start: Start, at: Date, known?: Exam): ExamOpening {
  const { structure, studyInstanceUID, received } = situation;
  const base = {
    ...(known && { known: { id: known.id, revision: known.revision } }),
    structure,
    studyInstanceUID,
    accessions: [...new Set([...(known?.accessions ?? []), ...accessionsOf(received.header)])],
    ...("ipp" in start && start.ipp && { ipp: start.ipp.value, ...(start.ipp.oid && { ippOid: start.ipp.oid }) }),
  };
  if (start.kind === "closed") return { ...base, state: "closed", event: event(situation, at, "not-for-dmp") };
  if (start.kind === "searching") {
    return { ...base, state: "searching", nextAt: at, event: event(situation, at, "opened") };
  }
  const [reason, ...others] = start.reasons as [Reason, ...Reason[]];
  const facts = { ...reason.compared, ...(others.length > 0 && { others: others.map((other) => other.code) }) };
  return { ...base, state: "parked", reason, event: event(situation, at, "parked", reason.code, facts) };
}

function asKnown(known: Exam): Omit<ExamOpening, "event"> {
  return {
    known: { id: known.id, revision: known.revision },
    structure: known.structure,
    studyInstanceUID: known.studyInstanceUID,
    accessions: known.accessions,
    state: known.state,
    ...(known.ipp !== undefined && { ipp: known.ipp }),
    ...(known.ippOid !== undefined && { ippOid: known.ippOid }),
    ...(known.nextAt && { nextAt: known.nextAt }),
    ...(known.code !== undefined && {
      reason: { code: known.code, ...(known.compared && { compared: known.compared }) },
    }),
  };
}

function parked(exam: Omit<ExamOpening, "event">, reason: Reason): Omit<ExamOpening, "event"> {
  const { nextAt: _, ...rest } = exam;
  return { ...rest, state: "parked", reason };
}

function event(situation: Situation, at: Date, kind: string, code?: string, facts?: Record<string, unknown>) {
  return {
    at,
    kind,
    ...(code !== undefined && { code }),
    facts: { document: situation.received.documentId, controlId: situation.received.message.controlId, ...facts },
  };
}
