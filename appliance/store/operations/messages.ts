import type { Database } from "better-sqlite3";
import type {
  ExamMessage,
  MessageKind,
  NewMessage,
  RecordedMessage,
  ReportAction,
  ReportSubstance,
  StoredMessage,
} from "../model.ts";
import { all, first, run } from "./rows.ts";
import { keepTraces } from "./traces.ts";

/** Refused messages kept for the operator, and how much of each: a peer that sends rubbish must not fill the disk. */
const REFUSED_KEPT = 1000;
export const REFUSED_BYTES = 64 * 1024;

/**
 * Records an answered message. The same message again (sender, MSH-10, digest) changes nothing and gets the answer it
 * had: the sender may repeat itself as often as its line makes it. One that was refused and is accepted now, by another
 * version of the software or another configuration, is accepted.
 */
export function recordMessage(db: Database, message: NewMessage): RecordedMessage {
  const known = first<{ id: number; state: string; answer: Uint8Array }>(
    db,
    "SELECT id, state, answer FROM message WHERE sender = ? AND control_id = ? AND digest = ?",
    message.sender,
    message.controlId,
    message.digest,
  );
  const overruled = known?.state === "refused" && message.refusal === undefined;
  if (known !== undefined && !overruled) return { id: known.id, fresh: false, answer: known.answer };
  if (known !== undefined) run(db, "DELETE FROM message WHERE id = ?", known.id);
  const { id } = run(
    db,
    `INSERT INTO message (kind, received_at, sender, control_id, digest, peer, state, code, answer, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    message.kind,
    message.receivedAt.getTime(),
    message.sender,
    message.controlId,
    message.digest,
    message.peer,
    message.refusal === undefined ? "received" : "refused",
    message.refusal ?? null,
    message.answer,
    message.refusal === undefined ? message.bytes : message.bytes.subarray(0, REFUSED_BYTES),
  );
  if (message.refusal !== undefined) forgetOldRefusals(db);
  keepTraces(db, message);
  return { id, fresh: true, answer: message.answer };
}

function forgetOldRefusals(db: Database): void {
  run(
    db,
    `DELETE FROM message WHERE id IN
       (SELECT id FROM message WHERE state = 'refused' ORDER BY id DESC LIMIT -1 OFFSET ${REFUSED_KEPT})`,
  );
}

/** Accepted messages that have not been opened yet, oldest first, from the one after `after`. */
export function waitingMessages(
  db: Database,
  input: { readonly after?: number; readonly limit: number },
): StoredMessage[] {
  return all<MessageRow>(
    db,
    `SELECT ${COLUMNS} FROM message m WHERE state = 'received' AND id > ? ORDER BY id LIMIT ?`,
    input.after ?? 0,
    input.limit,
  ).map(toMessage);
}

/** One message, whatever became of it. */
export function message(db: Database, input: { readonly id: number }): StoredMessage | undefined {
  const row = first<MessageRow>(db, `SELECT ${COLUMNS} FROM message m WHERE id = ?`, input.id);
  return row && toMessage(row);
}

/** An accepted message that cannot be read any more: kept, counted and shown, and no longer in the way. */
export function setMessageAside(db: Database, input: { readonly id: number; readonly code: string }): void {
  run(
    db,
    "UPDATE message SET state = 'unreadable', code = ? WHERE id = ? AND state = 'received'",
    input.code,
    input.id,
  );
}

/** Messages set aside wait again: another version of the software may read them. */
export function reconsiderMessages(db: Database): number {
  return run(db, "UPDATE message SET state = 'received', code = NULL WHERE state = 'unreadable'").changes;
}

/**
 * The messages whose reports concern an exam, oldest first: a manifest is always made from what was received. Of messages
 * that say the same of the same document, the one that was sent last. Those that a person has set aside only when `all` are
 * asked for.
 */
export function messagesOfExam(
  db: Database,
  input: { readonly examId: number; readonly all?: boolean },
): StoredMessage[] {
  return all<MessageRow & { first_id: number }>(
    db,
    `WITH sending AS (
       SELECT r.message_id, min(r.message_id) OVER (PARTITION BY r.document_id) AS first_id,
              row_number() OVER (PARTITION BY r.document_id, r.document_digest, r.action, r.substance
                                 ORDER BY coalesce(r.sent_at, r.received_at) DESC, r.message_id DESC) AS place
         FROM exam_report er JOIN report r ON r.id = er.report_id
        WHERE er.exam_id = ? AND er.set_aside <= ?)
     SELECT ${COLUMNS}, s.first_id FROM sending s JOIN message m ON m.id = s.message_id WHERE s.place = 1 ORDER BY m.id`,
    input.examId,
    input.all === true ? 1 : 0,
  ).map((row) => ({ ...toMessage(row), firstId: row.first_id }));
}

/** The messages that came before a document and end it, oldest first. */
export function messagesEnding(db: Database, input: { readonly documentId: string }): StoredMessage[] {
  return all<MessageRow>(
    db,
    `SELECT ${COLUMNS} FROM message m WHERE m.id IN
       (SELECT r.message_id FROM report_end e JOIN report r ON r.id = e.report_id WHERE e.document_id = ?)
      ORDER BY m.id`,
    input.documentId,
  ).map(toMessage);
}

/** The reports that a person has set aside for an exam: they stay so when they are sent again. */
export function reportsSetAside(db: Database, input: { readonly examId: number }): ReportSubstance[] {
  return all<{
    document_id: string;
    document_digest: Uint8Array;
    action: ReportAction;
    substance: Uint8Array | null;
  }>(
    db,
    `SELECT r.document_id, r.document_digest, r.action, r.substance FROM exam_report er JOIN report r ON r.id = er.report_id
      WHERE er.exam_id = ? AND er.set_aside = 1`,
    input.examId,
  ).map((row) => ({
    documentId: row.document_id,
    documentDigest: row.document_digest,
    action: row.action,
    substance: row.substance ?? undefined,
  }));
}

/** The orders and rejection notes that name a study, oldest first; notes only while they are not carried out. */
export function evidenceOfStudy(db: Database, input: { readonly studyInstanceUID: string }): StoredMessage[] {
  return all<MessageRow>(
    db,
    `SELECT ${COLUMNS} FROM evidence e JOIN message m ON m.id = e.message_id
      WHERE e.study_uid = ? AND e.set_aside = 0 AND e.settled = 0 ORDER BY m.id`,
    input.studyInstanceUID,
  ).map(toMessage);
}

/** Every message on an exam, oldest first, for a person: also those that were set aside. */
export function messagesShown(db: Database, input: { readonly examId: number }): ExamMessage[] {
  return all<ShownRow>(
    db,
    `SELECT m.id, m.kind, m.received_at, m.sender, m.control_id, r.document_id, r.action, er.set_aside
       FROM exam_report er JOIN report r ON r.id = er.report_id JOIN message m ON m.id = r.message_id
      WHERE er.exam_id = ?
     UNION ALL
     SELECT m.id, m.kind, m.received_at, m.sender, m.control_id, NULL, NULL, e.set_aside
       FROM exam x JOIN evidence e ON e.study_uid = x.study_uid JOIN message m ON m.id = e.message_id
      WHERE x.id = ?
      ORDER BY 1`,
    input.examId,
    input.examId,
  ).map((row) => ({
    messageId: row.id,
    kind: row.document_id !== null ? "report" : row.kind === "dicom" ? "note" : "order",
    receivedAt: new Date(row.received_at),
    sender: row.sender,
    controlId: row.control_id,
    documentId: row.document_id ?? undefined,
    action: row.action ?? undefined,
    setAside: row.set_aside === 1,
  }));
}

const COLUMNS = "m.id, m.kind, m.received_at, m.peer, m.bytes";

interface MessageRow {
  id: number;
  kind: MessageKind;
  received_at: number;
  peer: string;
  bytes: Uint8Array;
}

interface ShownRow {
  id: number;
  kind: MessageKind;
  received_at: number;
  sender: string;
  control_id: string;
  document_id: string | null;
  action: ReportAction | null;
  set_aside: number;
}

function toMessage(row: MessageRow): StoredMessage {
  return { id: row.id, kind: row.kind, receivedAt: new Date(row.received_at), peer: row.peer, bytes: row.bytes };
}
