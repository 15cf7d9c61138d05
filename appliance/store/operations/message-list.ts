import type { Database } from "better-sqlite3";
import type { MessageFacts, MessageState } from "../model/tools.ts";
import { REFUSED_BYTES } from "./messages.ts";
import { all, first, run } from "./rows.ts";

/** Messages, newest first; `before` is the last id of the page shown. */
export function messages(
  db: Database,
  input: { readonly state?: MessageState; readonly before?: number; readonly limit: number },
): MessageFacts[] {
  const before = input.before ?? Number.MAX_SAFE_INTEGER;
  const rows =
    input.state === undefined
      ? all<Row>(db, `SELECT ${COLUMNS} FROM message WHERE id < ? ORDER BY id DESC LIMIT ?`, before, input.limit)
      : all<Row>(
          db,
          `SELECT ${COLUMNS} FROM message WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?`,
          input.state,
          before,
          input.limit,
        );
  return rows.map(toFacts);
}

export function messageFacts(db: Database, input: { readonly id: number }): MessageFacts | undefined {
  const row = first<Row>(db, `SELECT ${COLUMNS} FROM message WHERE id = ?`, input.id);
  return row && toFacts(row);
}

/** A message that could not be read waits again; false when it is no such message. */
export function reconsiderMessage(db: Database, input: { readonly id: number }): boolean {
  const sql = "UPDATE message SET state = 'received', code = NULL WHERE id = ? AND state = 'unreadable'";
  return run(db, sql, input.id).changes > 0;
}

/** The exams that a message concerns. */
export function examsOfMessage(db: Database, input: { readonly id: number }): number[] {
  return all<{ id: number }>(
    db,
    `SELECT er.exam_id AS id FROM report r JOIN exam_report er ON er.report_id = r.id WHERE r.message_id = ?
     UNION SELECT x.id FROM evidence v JOIN exam x ON x.study_uid = v.study_uid WHERE v.message_id = ?
     ORDER BY 1`,
    input.id,
    input.id,
  ).map(({ id }) => id);
}

const COLUMNS = "id, state, code, received_at, sender, control_id, length(bytes) AS size";

interface Row {
  id: number;
  state: MessageState;
  code: string | null;
  received_at: number;
  sender: string;
  control_id: string;
  size: number;
}

function toFacts(row: Row): MessageFacts {
  return {
    id: row.id,
    state: row.state,
    code: row.code ?? undefined,
    receivedAt: new Date(row.received_at),
    sender: row.sender,
    controlId: row.control_id,
    whole: row.state !== "refused" || row.size < REFUSED_BYTES,
  };
}
