import { CodedError } from "../../base/index.ts";
import type { RejectionNote } from "../../kos/index.ts";
import type { Exam, ReportSubstance, Store, StoredMessage } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Received } from "./judge.ts";
import type { MessageReader } from "./reader.ts";
import { type ReceivedDeletion, type ReceivedMessage, type ReceivedReport, substanceOf } from "./report.ts";

export interface HistoryOptions {
  readonly reader: Pick<MessageReader, "read">;
  readonly store: Pick<Store, "messagesOfExam" | "messagesEnding" | "reportsSetAside" | "evidenceOfStudy">;
}

/** What was received, the number of its message, and of the one by which its document first came. */
type Kept<Sent> = Sent & { readonly messageId: number; readonly firstId: number };

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
  if (arriving !== undefined) {
    const { id } = arriving.message;
    const former = read.filter(
      ({ received }) => "documentId" in received && received.documentId === arriving.received.documentId,
    );
    read.push({ id, firstId: Math.min(id, ...former.map(({ firstId }) => firstId)), received: arriving.received });
  }
  const received = read.sort((a, b) => a.id - b.id);
  return {
    reports: reportsIn(received).filter((report) => !aside.some((one) => isSame(one, report))),
    orders: received.flatMap((one) => (one.received.kind === "order" ? [one.received] : [])),
    notes: received.flatMap(({ id, received: one }) =>
      one.kind === "note" ? [{ ...one.note, messageId: id, firstId: id }] : [],
    ),
    withheld: exam?.withheld ?? false,
  };
}

/**
 * Every report and deletion on an exam that can be read, also those that a person has set aside: in whose name a manifest was
 * published.
 */
export async function reportsOf(exam: Exam, { store, reader }: HistoryOptions): Promise<History["reports"]> {
  const messages = await store.messagesOfExam({ examId: exam.id, all: true });
  const read = await Promise.all(messages.map((message) => readAll([message], reader).catch(unlessUnreadable)));
  return reportsIn(read.flat());
}

function unlessUnreadable(error: unknown): Read[] {
  if (error instanceof CodedError && error.code === "SOURCE_EARLIER_MESSAGE_UNREADABLE") return [];
  throw error;
}

interface Read {
  readonly id: number;
  readonly firstId: number;
  readonly received: ReceivedMessage;
}

function readAll(messages: readonly StoredMessage[], reader: HistoryOptions["reader"]): Promise<Read[]> {
  return Promise.all(
    messages.map(async (message) => {
      const { id, firstId = id } = message;
      return { id, firstId, received: await readEarlier(message, reader) };
    }),
  );
}

function reportsIn(read: readonly Read[]): Kept<ReceivedReport | ReceivedDeletion>[] {
  return read.flatMap(({ id: messageId, firstId, received }) =>
    received.kind === "report" || received.kind === "deletion" ? [{ ...received, messageId, firstId }] : [],
  );
}

function isSame(one: ReportSubstance, received: ReceivedReport | ReceivedDeletion) {
  const { documentId, documentDigest, message } = received;
  return (
    one.documentId === documentId &&
    one.action === message.action &&
    Buffer.compare(one.documentDigest, documentDigest) === 0 &&
    (one.substance === undefined || Buffer.compare(one.substance, substanceOf(received)) === 0)
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
