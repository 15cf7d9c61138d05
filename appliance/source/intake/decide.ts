import { type CodedError, said } from "../../base/index.ts";
import type { Exam, ExamOpening, TimelineEvent } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { reasonOf } from "../reason.ts";
import type { Judgement } from "./judge.ts";
import { type ReceivedReport, structureOf } from "./report.ts";

/** A report and the exam it meets. */
export interface Situation {
  readonly studyInstanceUID: string;
  readonly received: ReceivedReport;
  /** What all reports on the exam allow, this one included. */
  readonly judgement: Judgement;
  /** Whether its document had come before, and said the same. */
  readonly document: "new" | "repeated" | "changed";
  readonly known: Exam | undefined;
  readonly at: Date;
}

/** What a report makes of one exam. */
export function decide(situation: Situation): ExamOpening {
  const { known, judgement, document, received, at } = situation;
  const repeated = known !== undefined && document === "repeated";
  if (repeated && (known.state === "publishing" || known.state === "published")) {
    return { ...asKnown(known), event: line(situation, "report-repeated") };
  }
  if (known?.state === "published") {
    const code = "SOURCE_REPORT_AFTER_MANIFEST";
    return { ...asKnown(known), reason: { code }, event: line(situation, "report-added", [sourceErrors.fault(code)]) };
  }
  const base = said({
    known: known && { id: known.id, revision: known.revision },
    structure: structureOf(received.header) ?? "",
    studyInstanceUID: situation.studyInstanceUID,
  });
  if (judgement.kind === "not-for-dmp" && known?.state !== "publishing") {
    return { ...base, accessions: known?.accessions ?? [], state: "closed", event: line(situation, "not-for-dmp") };
  }
  const facts =
    judgement.kind === "not-for-dmp"
      ? { ...base, accessions: known?.accessions ?? [] }
      : { ...base, accessions: judgement.accessions, ...ippOf(judgement) };
  if (judgement.kind === "doubtful") {
    const [first] = judgement.faults as [CodedError, ...CodedError[]];
    return { ...facts, state: "parked", reason: reasonOf(first), event: line(situation, "parked", judgement.faults) };
  }
  // An exam that was being sent is prepared again, from what is now known: its submission may have been registered, and
  // the search begins by asking.
  const kind = known === undefined ? "opened" : repeated ? "report-repeated" : "report-added";
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
