import { asCoded, type CodedError, fill, said } from "../../base/index.ts";
import { countOf, type FoundStudy, type PacsGroup } from "../../pacs/index.ts";
import type { Exam, ExamOpening, Store, StoredMessage } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { decide, type Situation } from "../intake/decide.ts";
import type { HistoryOptions } from "../intake/history.ts";
import type { JudgeOptions } from "../intake/judge.ts";
import { isReport, openEvidence, situationsOf } from "../intake/open.ts";
import type { MessageReader } from "../intake/reader.ts";
import type { ReceivedMessage } from "../intake/report.ts";
import { mismatch } from "../look/match.ts";

export interface RehearsalOptions extends JudgeOptions {
  readonly store: HistoryOptions["store"] & Pick<Store, "examOfStudy" | "examsOfDocuments">;
  readonly reader: Pick<MessageReader, "examine" | "read">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly now: () => Date;
}

/** An error for a person, with both values that it compares. */
export interface Told {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly where?: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** What a message would do. */
export interface Rehearsal {
  /** MSA-1. */
  readonly answer: "AA" | "AE";
  readonly refusal?: Told;
  readonly kind?: ReceivedMessage["kind"];
  /** What is unusual in the message and stops nothing. */
  readonly remarks: readonly unknown[];
  readonly exams: readonly RehearsedExam[];
}

export interface RehearsedExam {
  readonly studyInstanceUID: string;
  readonly known?: Pick<Exam, "id" | "state" | "record">;
  /** The line that its timeline would get, and its next state. */
  readonly event: string;
  readonly next: string;
  readonly faults: readonly Told[];
  readonly pacs?: RehearsedStudy;
}

/** What the PACS says of the study, when it was asked. */
export interface RehearsedStudy {
  readonly found: boolean;
  readonly name?: string;
  readonly series?: number;
  readonly instances?: number;
  readonly fault?: Told;
}

/** A message that is not in the store comes after all that are. */
const LAST = Number.MAX_SAFE_INTEGER;

/**
 * What a message would do if it came now: its answer, its remarks, and what it would make of each exam it concerns. Nothing
 * is written; the PACS is asked when `askPacs`.
 */
export async function rehearse(
  bytes: Buffer,
  { peer, askPacs, signal }: { readonly peer: string; readonly askPacs: boolean; readonly signal?: AbortSignal },
  options: RehearsalOptions,
): Promise<Rehearsal> {
  const { refusal } = await options.reader.examine({ bytes, peer });
  if (refusal !== undefined) return { answer: "AE", refusal: told(refusal), remarks: [], exams: [] };
  const message: StoredMessage = { id: LAST, kind: "hl7", receivedAt: options.now(), peer, bytes };
  const received = await options.reader.read(message);
  const { kind } = received;
  if (!isReport(received)) {
    const { exams } = await openEvidence(received, options);
    const remarks = received.kind === "order" ? received.order.remarks : [];
    return { answer: "AA", kind, remarks, exams: exams.map((opening) => shown(opening, undefined)) };
  }
  const situations = await situationsOf(message, received, options);
  const exams = await Promise.all(
    situations.map(async (situation) => ({
      ...shown(decide(situation), situation),
      ...(askPacs && { pacs: await studyOf(situation, options, signal) }),
    })),
  );
  return { answer: "AA", kind, remarks: received.message.remarks, exams };
}

function shown({ studyInstanceUID, event, state }: ExamOpening, situation: Situation | undefined): RehearsedExam {
  const { known, judgement } = situation ?? {};
  const faults =
    judgement?.kind === "doubtful" ? judgement.faults : judgement?.kind === "nothing" ? [judgement.fault] : [];
  return said({
    studyInstanceUID,
    known: known && { id: known.id, state: known.state, record: known.record },
    event: event.kind,
    next: state,
    faults: faults.map(told),
  });
}

/** Asks for the study where it should be, or everywhere when the report does not say. */
async function studyOf(
  { studyInstanceUID, judgement }: Situation,
  { pacs }: RehearsalOptions,
  signal: AbortSignal = new AbortController().signal,
): Promise<RehearsedStudy> {
  const candidates = judgement.kind === "clear" ? judgement.candidates : undefined;
  const among = candidates?.map(({ pacs: name }) => name);
  let study: FoundStudy | undefined;
  try {
    study = await pacs.findStudy(studyInstanceUID, { signal, ...(among && { among }) });
  } catch (error) {
    const fault = asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
    return { found: false, fault: told(fault) };
  }
  if (study === undefined) return { found: false };
  const fault = candidates && mismatch(candidates, study);
  return said({
    found: true,
    name: study.pacs,
    series: study.series.length,
    instances: countOf(study),
    fault: fault && told(fault),
  });
}

function told(fault: CodedError): Told {
  const { code, where, details, values } = fault;
  const remedy = fill(fault.definition.remedy.fr, details);
  return said({
    code,
    message: fault.text("fr"),
    remedy,
    where,
    values: Object.keys(values).length > 0 ? values : undefined,
  });
}
