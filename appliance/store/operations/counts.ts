import type { Database } from "better-sqlite3";
import type { Counts, ExamState } from "../model.ts";
import { all, first, time } from "./rows.ts";

/** Counts for the status page, the metrics and the readiness check. */
export function counts(db: Database): Counts {
  const exams: Record<ExamState, number> = {
    searching: 0,
    checking: 0,
    publishing: 0,
    published: 0,
    parked: 0,
    closed: 0,
  };
  for (const row of all<{ state: ExamState; n: number }>(db, "SELECT state, count(*) AS n FROM exam GROUP BY state")) {
    exams[row.state] = row.n;
  }
  const messages = { received: 0, opened: 0, refused: 0, unreadable: 0 };
  for (const row of all<{ state: keyof typeof messages; n: number }>(
    db,
    "SELECT state, count(*) AS n FROM message GROUP BY state",
  )) {
    messages[row.state] = row.n;
  }
  const oldest = first<{ at: number | null }>(
    db,
    `SELECT min(at) AS at FROM (
       SELECT min(received_at) AS at FROM message WHERE state = 'received'
       UNION ALL SELECT min(since) FROM exam WHERE state IN ('searching', 'publishing') AND next_at IS NOT NULL)`,
  );
  const flagged = first<{ n: number }>(
    db,
    "SELECT count(*) AS n FROM exam WHERE state = 'published' AND code IS NOT NULL",
  );
  const parked = first<{ n: number }>(
    db,
    "SELECT count(*) AS n FROM exam WHERE state = 'parked' AND record <> 'absent'",
  );
  const last = first<{ at: number | null }>(db, "SELECT max(received_at) AS at FROM message");
  return {
    exams,
    messages,
    flagged: flagged?.n ?? 0,
    parkedInRecord: parked?.n ?? 0,
    oldestWork: time(oldest?.at ?? null),
    lastMessageAt: time(last?.at ?? null),
  };
}

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
