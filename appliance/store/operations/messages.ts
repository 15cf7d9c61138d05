import type { Database } from "better-sqlite3";
import type { NewMessage, RecordedMessage, WaitingMessage } from "../model.ts";
import { all, first, run } from "./rows.ts";

/** Refused messages kept for the operator, and how much of each: a peer that sends rubbish must not fill the disk. */
const REFUSED_KEPT = 1000;
const REFUSED_BYTES = 64 * 1024;

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
    `INSERT INTO message (received_at, sender, control_id, digest, peer, state, code, answer, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
 * The messages whose reports concern an exam, oldest first: a manifest is always made from what was received. Of a
 * document that was sent several times with the same content, the last message.
 */
export function messagesOfExam(db: Database, input: { readonly examId: number }): WaitingMessage[] {
  return all<WaitingRow>(
    db,
    `SELECT m.id, m.received_at, m.peer, m.bytes FROM message m
      WHERE m.id IN (SELECT max(r.message_id) FROM exam_report er JOIN report r ON r.id = er.report_id
                      WHERE er.exam_id = ? GROUP BY r.document_id, r.document_digest)
      ORDER BY m.id`,
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
