import type { Database } from "better-sqlite3";
import type { Counts, ExamState, RecordState } from "../model.ts";
import { all, first, time } from "./rows.ts";

interface ExamTally {
  state: ExamState;
  record: RecordState;
  coded: number;
  n: number;
}

/** Counts for the status page, the metrics and the readiness check. They cost the same whatever the store holds. */
export function counts(db: Database): Counts {
  const exams: Record<ExamState, number> = {
    searching: 0,
    checking: 0,
    publishing: 0,
    published: 0,
    parked: 0,
    closed: 0,
  };
  let flagged = 0;
  let parkedInRecord = 0;
  for (const { state, record, coded, n } of all<ExamTally>(db, "SELECT * FROM exam_tally")) {
    exams[state] += n;
    if (state === "published" && coded === 1) flagged += n;
    if (state === "parked" && record !== "absent") parkedInRecord += n;
  }
  const messages = { received: 0, opened: 0, refused: 0, unreadable: 0 };
  for (const { state, n } of all<{ state: keyof typeof messages; n: number }>(db, "SELECT * FROM message_tally")) {
    messages[state] = n;
  }
  const oldest = first<{ at: number | null }>(db, OLDEST_WORK);
  const last = first<{ at: number | null }>(db, "SELECT max(received_at) AS at FROM message");
  return {
    exams,
    messages,
    flagged,
    parkedInRecord,
    oldestWork: time(oldest?.at ?? null),
    lastMessageAt: time(last?.at ?? null),
  };
}

/** Each of the two is the first entry of an index (`message_state`, `exam_waiting`). */
const OLDEST_WORK = `SELECT min(at) AS at FROM (
  SELECT (SELECT received_at FROM message WHERE state = 'received' ORDER BY id LIMIT 1) AS at
  UNION ALL SELECT min(since) FROM exam WHERE next_at IS NOT NULL AND state IN ('searching', 'publishing'))`;

/**
 * Writes the time of day and gives the latest one that was written: proof that a commit reaches the disk, and a floor
 * for a clock that starts in the past. A floor that was itself wrong comes down by a tenth at each beat.
 */
export function heartbeat(db: Database, input: { readonly now: Date }): Date {
  const row = first<{ at: number }>(
    db,
    `INSERT INTO heartbeat (id, at) VALUES (1, ?)
     ON CONFLICT (id) DO UPDATE SET at = max(excluded.at, excluded.at + (at - excluded.at) * 9 / 10),
                                    writes = writes + 1 RETURNING at`,
    input.now.getTime(),
  );
  return new Date(row?.at ?? input.now.getTime());
}
