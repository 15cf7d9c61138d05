import type { Database } from "better-sqlite3";
import type { TimelineEvent } from "../model.ts";
import { all, json, run } from "./rows.ts";

/** Adds a line to the timeline of an exam. */
export function addEvent(db: Database, examId: number | null, messageId: number | null, event: TimelineEvent): void {
  run(
    db,
    "INSERT INTO event (exam_id, message_id, at, kind, code, facts) VALUES (?, ?, ?, ?, ?, ?)",
    examId,
    messageId,
    event.at.getTime(),
    event.kind,
    event.code ?? null,
    json(event.facts),
  );
}

/** The timeline of an exam, oldest first. */
export function timeline(db: Database, input: { readonly examId: number }): TimelineEvent[] {
  return all<{ at: number; kind: string; code: string | null; facts: string | null }>(
    db,
    "SELECT at, kind, code, facts FROM event WHERE exam_id = ? ORDER BY id",
    input.examId,
  ).map((row) => ({
    at: new Date(row.at),
    kind: row.kind,
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.facts === null ? {} : { facts: JSON.parse(row.facts) as Record<string, unknown> }),
  }));
}
