import { type CodedError, said } from "../../base/index.ts";
import type { Exam, ExamOpening, TimelineEvent } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { reasonOf } from "../reason.ts";
import type { Judgement } from "./judge.ts";
import type { ReceivedReport } from "./report.ts";

/** A report and the exam it meets. */
export interface Situation {
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly received: ReceivedReport;
  /** What all reports on the exam allow, this one included. */
  readonly judgement: Judgement;
  /** The document was already known: with the same content, or with another. */
  readonly document: "new" | "repeated" | "changed";
  readonly known: Exam | undefined;
  readonly at: Date;
}

/** What a report makes of one exam. */
export function decide(situation: Situation): ExamOpening {
  const { known, judgement, document, at } = situation;
  if (known?.state === "publishing" || known?.state === "published") {
    if (document === "repeated") return { ...asKnown(known), event: line(situation, "report-repeated") };
    const code = "SOURCE_REPORT_AFTER_MANIFEST";
    return { ...asKnown(known), reason: { code }, event: line(situation, "report-added", [sourceErrors.fault(code)]) };
  }
  const base = said({
    known: known && { id: known.id, revision: known.revision },
    structure: situation.structure,
    studyInstanceUID: situation.studyInstanceUID,
  });
  if (judgement.kind === "not-for-dmp") {
    return { ...base, accessions: known?.accessions ?? [], state: "closed", event: line(situation, "not-for-dmp") };
  }
  const facts = { ...base, accessions: judgement.accessions, ...ippOf(judgement) };
  const faults = [
    ...(document === "changed" ? [sourceErrors.fault("SOURCE_REPORT_ID_REUSED")] : []),
    ...(judgement.kind === "doubtful" ? judgement.faults : []),
  ];
  const [first] = faults;
  if (first !== undefined) {
    return { ...facts, state: "parked", reason: reasonOf(first), event: line(situation, "parked", faults) };
  }
  const kind = document === "repeated" ? "report-repeated" : known === undefined ? "opened" : "report-added";
  return { ...facts, state: "searching", nextAt: at, event: line(situation, kind) };
}

function ippOf({ ipp }: Exclude<Judgement, { kind: "not-for-dmp" }>): Pick<ExamOpening, "ipp" | "ippOid"> {
  return said({ ipp: ipp?.value, ippOid: ipp?.oid });
}

function asKnown(known: Exam): Omit<ExamOpening, "event"> {
  const { id, revision, structure, studyInstanceUID, accessions, state, ipp, ippOid, nextAt, code, compared } = known;
  const reason = code === undefined ? undefined : said({ code, compared });
  return said({ known: { id, revision }, structure, studyInstanceUID, accessions, state, ipp, ippOid, nextAt, reason });
}

/** The line of the timeline: the document, and the first fault with the codes of the others. */
function line({ received, at }: Situation, kind: string, faults: readonly CodedError[] = []): TimelineEvent {
  const [first, ...others] = faults;
  const facts = {
    document: received.documentId,
    controlId: received.message.controlId,
    ...first?.values,
    others: others.length === 0 ? undefined : others.map(({ code }) => code),
  };
  return said({ at, kind, code: first?.code, facts: said(facts) });
}
