import { CodedError } from "../../base/index.ts";
import type { RejectionNote } from "../../kos/index.ts";
import type { Exam, ReportSubstance, Store, StoredMessage } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Received } from "./judge.ts";
import type { MessageReader } from "./reader.ts";
import type { ReceivedDeletion, ReceivedMessage, ReceivedReport } from "./report.ts";

export interface HistoryOptions {
  readonly reader: Pick<MessageReader, "read">;
  readonly store: Pick<Store, "messagesOfExam" | "messagesEnding" | "reportsSetAside" | "evidenceOfStudy">;
}

/** What was received, and the number of its message. */
type Kept<Sent> = Sent & { readonly messageId: number };

/** All that was received on one exam, each kind in the order in which it came. */
export interface History extends Received {
  readonly reports: readonly Kept<ReceivedReport | ReceivedDeletion>[];
  /** Those that are not carried out yet. */
  readonly notes: readonly KeptNote[];
}

export type KeptNote = Kept<RejectionNote>;

interface Arriving {
  readonly message: StoredMessage;
  readonly received: ReceivedReport | ReceivedDeletion;
}

/**
 * Reads again all that was received on a study and counts, and `arriving` with it when that message is being opened.
 * Rejects with SOURCE_EARLIER_MESSAGE_UNREADABLE when this version cannot read a message that an earlier one accepted.
 */
export async function historyOf(
  { studyInstanceUID, exam }: { readonly studyInstanceUID: string; readonly exam: Exam | undefined },
  { store, reader }: HistoryOptions,
  arriving?: Arriving,
): Promise<History> {
  const reports = exam === undefined ? [] : await store.messagesOfExam({ examId: exam.id });
  const ending = arriving === undefined ? [] : await store.messagesEnding({ documentId: arriving.received.documentId });
  const evidence = await store.evidenceOfStudy({ studyInstanceUID });
  const messages = new Map([...reports, ...ending, ...evidence].map((message) => [message.id, message]));
  const aside = exam === undefined ? [] : await store.reportsSetAside({ examId: exam.id });
  if (arriving !== undefined) messages.delete(arriving.message.id);
  const read = await readAll([...messages.values()], reader);
  if (arriving !== undefined) read.push({ id: arriving.message.id, received: arriving.received });
  const received = read.sort((a, b) => a.id - b.id);
  return {
    reports: reportsIn(received).filter((report) => !aside.some((one) => isSame(one, report))),
    orders: received.flatMap((one) => (one.received.kind === "order" ? [one.received] : [])),
    notes: received.flatMap(({ id, received: one }) => (one.kind === "note" ? [{ ...one.note, messageId: id }] : [])),
    withheld: exam?.withheld ?? false,
  };
}

/** Every report and deletion on an exam, also those that a person has set aside: in whose name a manifest was published. */
export async function reportsOf(exam: Exam, { store, reader }: HistoryOptions): Promise<History["reports"]> {
  return reportsIn(await readAll(await store.messagesOfExam({ examId: exam.id, all: true }), reader));
}

interface Read {
  readonly id: number;
  readonly received: ReceivedMessage;
}

function readAll(messages: readonly StoredMessage[], reader: HistoryOptions["reader"]): Promise<Read[]> {
  return Promise.all(
    messages.map(async (message) => ({ id: message.id, received: await readEarlier(message, reader) })),
  );
}

function reportsIn(read: readonly Read[]): Kept<ReceivedReport | ReceivedDeletion>[] {
  return read.flatMap(({ id, received }) =>
    received.kind === "report" || received.kind === "deletion" ? [{ ...received, messageId: id }] : [],
  );
}

function isSame(one: ReportSubstance, { documentId, documentDigest, message }: ReceivedReport | ReceivedDeletion) {
  return (
    one.documentId === documentId &&
    one.action === message.action &&
    Buffer.compare(one.documentDigest, documentDigest) === 0
  );
}

async function readEarlier(message: StoredMessage, reader: HistoryOptions["reader"]): Promise<ReceivedMessage> {
  try {
    return await reader.read(message);
  } catch (error) {
    if (!(error instanceof CodedError) || error.retry === "later") throw error;
    const details = { message: message.id, reason: error.code };
    throw sourceErrors.fault("SOURCE_EARLIER_MESSAGE_UNREADABLE", { details, cause: error });
  }
}
