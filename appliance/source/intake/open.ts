import { CodedError, type Logger } from "../../base/index.ts";
import type { ExamOpening, OpenedMessage, Store, StoredMessage } from "../../store/index.ts";
import { openedTraces } from "../exam/traces.ts";
import { decide, decideOnEvidence, type Situation } from "./decide.ts";
import { type History, type HistoryOptions, historyOf } from "./history.ts";
import { type Judgement, type JudgeOptions, judge } from "./judge.ts";
import { type ReceivedDeletion, type ReceivedMessage, type ReceivedReport, studiesOf, substanceOf } from "./report.ts";

export interface OpenOptions extends HistoryOptions, JudgeOptions {
  readonly store: HistoryOptions["store"] & Pick<Store, "examOfStudy" | "examsOfDocuments" | "openMessage">;
  readonly now: () => Date;
  readonly log: Logger;
}

/** An exam may change while a message is being opened on it; the decision is then taken again, this often at most. */
const DECISIONS = 5;

/**
 * Opens one accepted message: decides what it makes of each exam it concerns, and applies it whole, once.
 * The decision is in `decide`; this loop only takes it again when an exam moved meanwhile.
 */
export async function openMessage(message: StoredMessage, options: OpenOptions): Promise<void> {
  const received = await options.reader.read(message);
  for (let attempt = 1; ; attempt++) {
    const opened: OpenedMessage = {
      messageId: message.id,
      at: message.receivedAt,
      ...openedTraces(received, message),
      ...(isReport(received)
        ? { content: reportRow(received), exams: await decideAll(message, received, options) }
        : await openEvidence(received, options)),
    };
    try {
      await options.store.openMessage(opened);
      options.log.info({ message: message.id, kind: received.kind, exams: opened.exams.length }, "message opened");
      return;
    } catch (error) {
      const moved = error instanceof CodedError && error.code === "STORE_CONFLICT";
      if (!moved || attempt === DECISIONS) throw error;
    }
  }
}

type Sent = ReceivedReport | ReceivedDeletion;

export function isReport(received: ReceivedMessage): received is Sent {
  return received.kind === "report" || received.kind === "deletion";
}

function reportRow(received: Sent): OpenedMessage["content"] {
  const { documentId, documentDigest, message, ends } = received;
  const { sentAt, action } = message;
  const row = { kind: "report", documentId, documentDigest, action, substance: substanceOf(received), ends } as const;
  return sentAt === undefined ? row : { ...row, sentAt };
}

/** What a report makes of each exam it concerns. */
async function decideAll(message: StoredMessage, received: Sent, options: OpenOptions): Promise<ExamOpening[]> {
  return (await situationsOf(message, received, options)).map(decide);
}

/** The exams of a report, as it meets them: those it names, and those of the documents that it repeats or ends. */
export async function situationsOf(
  message: StoredMessage,
  received: Sent,
  options: Pick<OpenOptions, "now" | "reader" | "environment" | "domains"> & {
    readonly store: HistoryOptions["store"] & Pick<Store, "examOfStudy" | "examsOfDocuments">;
  },
): Promise<Situation[]> {
  const { store } = options;
  const former = await store.examsOfDocuments({ documentIds: [received.documentId, ...received.ends] });
  const studies = new Set([
    ...(received.header === undefined ? [] : studiesOf(received.header)),
    ...former.map((exam) => exam.studyInstanceUID),
  ]);
  const situations: Situation[] = [];
  for (const studyInstanceUID of studies) {
    const known = await store.examOfStudy({ studyInstanceUID });
    const history = await readHistory({ studyInstanceUID, exam: known }, options, { message, received });
    const judgement = "fault" in history ? history.judgement : judge(history, studyInstanceUID, options);
    const document = "fault" in history ? "changed" : familiarity(message.id, received, history.reports);
    situations.push({ studyInstanceUID, received, judgement, document, known, at: options.now() });
  }
  return situations;
}

/** The history of an exam; when an earlier message of it cannot be read, that is a doubt about the exam. */
async function readHistory(
  ...question: Parameters<typeof historyOf>
): Promise<History | { readonly fault: true; readonly judgement: Judgement }> {
  try {
    return await historyOf(...question);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== "SOURCE_EARLIER_MESSAGE_UNREADABLE") throw error;
    const certain = { restrictions: [], left: undefined };
    return { fault: true, judgement: { kind: "doubtful", faults: [error], ipps: [], accessions: [], certain } };
  }
}

/** A document sent again says the same when its purpose, its content, its flags, its patient and its sender are the same. */
function familiarity(messageId: number, received: Sent, reports: History["reports"]): Situation["document"] {
  const former = reports.findLast(
    (one) =>
      one.messageId !== messageId && (one.documentId === received.documentId || one.ends.includes(received.documentId)),
  );
  if (former === undefined) return "new";
  const same =
    former.documentId === received.documentId &&
    former.message.action === received.message.action &&
    Buffer.compare(former.documentDigest, received.documentDigest) === 0 &&
    Buffer.compare(substanceOf(former), substanceOf(received)) === 0;
  return same ? "repeated" : "changed";
}

/** An order or a rejection note: kept by the studies it names; the exams that are known are looked at again. */
export async function openEvidence(
  received: Exclude<ReceivedMessage, Sent>,
  { store, now }: { readonly store: Pick<Store, "examOfStudy">; readonly now: () => Date },
): Promise<Pick<OpenedMessage, "content" | "exams">> {
  const studies = [
    ...new Set(
      (received.kind === "order" ? received.order.orders : received.note.studies).map((one) => one.studyInstanceUID),
    ),
  ];
  const exams: ExamOpening[] = [];
  for (const studyInstanceUID of studies) {
    const known = await store.examOfStudy({ studyInstanceUID });
    if (known !== undefined) exams.push(decideOnEvidence(known, received, now()));
  }
  return { content: { kind: "evidence", studies }, exams };
}
