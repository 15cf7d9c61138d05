import type { Database } from "better-sqlite3";
import type { NewMessage, RecordedMessage, WaitingMessage } from "../model.ts";
import { all, first, run } from "./rows.ts";

/** Refused messages kept for the operator; older ones go, so that a peer that sends rubbish cannot fill the disk. */
const REFUSED_KEPT = 1000;

/**
 * Records an answered message. The same message again (sender, MSH-10, digest) changes nothing and gets the
 * answer it had: the sender may repeat itself as often as its line makes it.
 */
export function recordMessage(db: Database, message: NewMessage): RecordedMessage {
  const known = first<{ id: number; answer: Uint8Array }>(
    db,
    "SELECT id, answer FROM message WHERE sender = ? AND control_id = ? AND digest = ?",
    message.sender,
    message.controlId,
    message.digest,
  );
  if (known !== undefined) return { id: known.id, fresh: false, answer: known.answer };
  const { id } = run(
    db,
    `INSERT INTO message (received_at, sender, control_id, digest, peer, bytes, answer, state, code)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    message.receivedAt.getTime(),
    message.sender,
    message.controlId,
    message.digest,
    message.peer,
    message.bytes,
    message.answer,
    message.refusal === undefined ? "received" : "refused",
    message.refusal ?? null,
  );
  if (message.refusal !== undefined) forgetOldRefusals(db);
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
): WaitingMessage[] {
  return all<WaitingRow>(
    db,
    "SELECT id, received_at, peer, bytes FROM message WHERE state = 'received' AND id > ? ORDER BY id LIMIT ?",
    input.after ?? 0,
    input.limit,
  ).map(toWaiting);
}

/** The messages whose reports an exam answers, oldest first: a manifest is always made from what was received. */
export function messagesOfExam(db: Database, input: { readonly examId: number }): WaitingMessage[] {
  return all<WaitingRow>(
    db,
    `SELECT m.id, m.received_at, m.peer, m.bytes FROM exam_report er
       JOIN report r ON r.id = er.report_id JOIN message m ON m.id = r.message_id
      WHERE er.exam_id = ? ORDER BY m.id`,
    input.examId,
  ).map(toWaiting);
}

interface WaitingRow {
  id: number;
  received_at: number;
  peer: string;
  bytes: Uint8Array;
}

function toWaiting(row: WaitingRow): WaitingMessage {
  return { id: row.id, receivedAt: new Date(row.received_at), peer: row.peer, bytes: row.bytes };
}
