import { type CodedError, said } from "../../base/index.ts";
import type { Exam, ExamOpening, TimelineEvent } from "../../store/index.ts";
import { reasonOf } from "../exam/reason.ts";
import { type ExamEvent, type ExamStep, examStep } from "../exam/states.ts";
import type { Judgement } from "./judge.ts";
import {
  accessionsOf,
  type ReceivedDeletion,
  type ReceivedNote,
  type ReceivedOrder,
  type ReceivedReport,
  structureOf,
} from "./report.ts";

/** A report and the exam it meets. */
export interface Situation {
  readonly studyInstanceUID: string;
  readonly received: ReceivedReport | ReceivedDeletion;
  /** What all that was received on the exam allows, this report included. */
  readonly judgement: Judgement;
  /** Whether its document had come before, and said the same. */
  readonly document: "new" | "repeated" | "changed";
  readonly known: Exam | undefined;
  readonly at: Date;
}

/** What a report makes of one exam: the event that it is to the exam's table, and the facts that the exam takes from it. */
export function decide(situation: Situation): ExamOpening {
  const { known, judgement, document, received, at } = situation;
  const keys = keysOf(received);
  const line = (kind: string, faults: readonly CodedError[] = []) => lineOf(received, at, kind, faults);
  if (document === "repeated" && known !== undefined && !standsOpen(known)) {
    return { ...unchanged(known), keys, event: line("report-repeated") };
  }
  const event = eventOf(judgement, known);
  const { to, again, cause } = stepOf(known, event);
  const faults = faultsOf(judgement);
  const [first] = faults;
  return said({
    known: known && { id: known.id, revision: known.revision },
    structure: (received.header && structureOf(received.header)) ?? known?.structure ?? "",
    studyInstanceUID: situation.studyInstanceUID,
    ...identifiersOf(judgement, known),
    keys,
    state: to,
    cause: cause ?? known?.cause ?? "report",
    nextAt: again === undefined ? undefined : at,
    reason: to === "parked" || to === "closed" ? first && reasonOf(first) : undefined,
    event: line(document === "repeated" ? "report-repeated" : lineKinds[received.message.action], faults),
  });
}

/** What an order or a rejection note makes of an exam that is known. */
export function decideOnEvidence(known: Exam, received: ReceivedOrder | ReceivedNote, at: Date): ExamOpening {
  const note = received.kind === "note";
  const step = examStep(known.state, note ? "noted" : "ordered");
  const facts = note
    ? { note: received.note.sopInstanceUID, reason: received.note.reason }
    : { controlId: received.order.controlId, action: received.order.action };
  const event: TimelineEvent = { at, kind: note ? "note-received" : "order-received", facts };
  if (step === undefined) return { ...unchanged(known), keys: [], event };
  const { reason: _, nextAt: __, ...kept } = unchanged(known);
  return { ...kept, keys: [], state: step.to, cause: step.cause ?? known.cause, nextAt: at, event };
}

function faultsOf(judgement: Judgement): readonly CodedError[] {
  if (judgement.kind === "clear") return [];
  return judgement.kind === "nothing" ? [judgement.fault] : judgement.faults;
}

const lineKinds = { create: "report-received", replace: "report-replaced", delete: "report-deleted" } as const;

/** True while a repeated report may change something: nothing is settled yet. */
function standsOpen({ state }: Exam): boolean {
  return state === "searching" || state === "parked" || state === "closed";
}

function eventOf(judgement: Judgement, known: Exam | undefined): ExamEvent {
  // As long as the record may hold something, or is about to, only a look can tell what must be done with it.
  const held = known !== undefined && (known.record !== "absent" || known.state === "publishing");
  if (judgement.kind === "clear" || held) return "reported";
  return judgement.kind === "nothing" ? "ended" : "doubted";
}

function stepOf(known: Exam | undefined, event: ExamEvent): ExamStep {
  const state = known?.state ?? "new";
  const step = examStep(state, event);
  if (step === undefined) throw new TypeError(`no step ${state} -> ${event}`);
  return step;
}

/** As the judgement says; as before where it says nothing. */
function identifiersOf(
  judgement: Judgement,
  known: Exam | undefined,
): Pick<ExamOpening, "ipp" | "ippOid" | "accessions"> {
  if (judgement.kind === "nothing") {
    return said({ accessions: known?.accessions ?? [], ipp: known?.ipp, ippOid: known?.ippOid });
  }
  const ipp = judgement.kind === "clear" ? judgement.candidates[0]?.ipp : judgement.ipps[0];
  return said({ accessions: judgement.accessions, ipp: ipp?.value, ippOid: ipp?.oid });
}

function unchanged(known: Exam): Omit<ExamOpening, "event" | "keys"> {
  const { id, revision, structure, studyInstanceUID, accessions, state, cause, ipp, ippOid, nextAt } = known;
  const { code, compared } = known;
  const reason = code === undefined ? undefined : said({ code, compared });
  const facts = { structure, studyInstanceUID, accessions, state, cause, ipp, ippOid, nextAt, reason };
  return said({ known: { id, revision }, unasked: true, ...facts });
}

/** What a person may have in hand when looking for the exam. */
function keysOf({ header, message, documentId }: Situation["received"]): string[] {
  const keys = [documentId, ...message.patient.identifiers.map(({ value }) => value)];
  if (header !== undefined) {
    const { patient, orders } = header;
    keys.push(patient.ins?.matricule ?? "", ...patient.localIds.map(({ value }) => value), ...accessionsOf(header));
    keys.push(...orders.flatMap(({ placerOrder }) => placerOrder?.extension ?? []));
  }
  return [...new Set(keys.filter((key) => key !== ""))];
}

/** The line of the timeline: the document, and the first fault with the codes of the others. */
function lineOf(
  { documentId, message }: Situation["received"],
  at: Date,
  kind: string,
  faults: readonly CodedError[],
): TimelineEvent {
  const [first, ...others] = faults;
  const facts = {
    document: documentId,
    controlId: message.controlId,
    ...first?.values,
    others: others.length === 0 ? undefined : others.map(({ code }) => code),
  };
  return said({ at, kind, code: first?.code, facts: said(facts) });
}
