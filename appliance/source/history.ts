import { CodedError } from "../base/index.ts";
import type { RejectionNote } from "../kos/index.ts";
import type { Exam, Store, StoredMessage } from "../store/index.ts";
import { sourceErrors } from "./errors.ts";
import type { Received } from "./intake/judge.ts";
import type { MessageReader } from "./intake/reader.ts";
import type { ReceivedMessage } from "./intake/report.ts";

export interface HistoryOptions {
  readonly reader: Pick<MessageReader, "read">;
  readonly store: Pick<Store, "messagesOfExam" | "evidenceOfStudy">;
}

/** All that was received on one exam, each kind in the order in which it came. */
export interface History extends Received {
  readonly notes: readonly RejectionNote[];
}

/**
 * Reads again all that was received on a study, and `arriving` with it when that message is being opened. Rejects with
 * SOURCE_EARLIER_MESSAGE_UNREADABLE when this version cannot read a message that an earlier one accepted.
 */
export async function historyOf(
  { studyInstanceUID, exam }: { readonly studyInstanceUID: string; readonly exam: Exam | undefined },
  options: HistoryOptions,
  arriving?: { readonly message: StoredMessage; readonly received: ReceivedMessage },
): Promise<History> {
  const { store, reader } = options;
  const reports = exam === undefined ? [] : await store.messagesOfExam({ examId: exam.id });
  const evidence = await store.evidenceOfStudy({ studyInstanceUID });
  const others = [...reports, ...evidence].filter(({ id }) => id !== arriving?.message.id);
  const read = await Promise.all(
    others.map(async (message) => ({ id: message.id, received: await readEarlier(message, reader) })),
  );
  if (arriving !== undefined) read.push({ id: arriving.message.id, received: arriving.received });
  const received = read.sort((a, b) => a.id - b.id).map((one) => one.received);
  return {
    reports: received.filter((one) => one.kind === "report" || one.kind === "deletion"),
    orders: received.filter((one) => one.kind === "order"),
    notes: received.flatMap((one) => (one.kind === "note" ? [one.note] : [])),
    withheld: exam?.withheld ?? false,
  };
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
