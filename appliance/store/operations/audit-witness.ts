import type { Database } from "better-sqlite3";
import type { AuditRecord } from "../model/audit.ts";
import { auditKeys } from "./audit.ts";
import { all, first } from "./rows.ts";

/** The store keeps every record so long, whatever the settings. */
const YEAR_MS = 365 * 86_400_000;
/** A clock that is set right steps back by so much at most, and a purge of just now is then not from the future. */
const CLOCK_STEP_MS = 60_000;

/**
 * Whether a purge can have been as its record tells: not in the future nor before the purge before it, of records that
 * follow those of the purge before it, of an age to go, and none of which is there any more. Any other record holds.
 */
export function purgeHolds(db: Database, { seq, at, event, facts = {} }: AuditRecord): boolean {
  if (event !== "audit-purged") return true;
  const before = first<{ at: number; last: number }>(
    db,
    "SELECT at, body ->> '$.facts.last' AS last FROM audit WHERE event = 'audit-purged' AND seq < ? ORDER BY seq DESC LIMIT 1",
    seq,
  );
  const oldest = first<{ seq: number }>(db, "SELECT min(seq) AS seq FROM audit")?.seq ?? seq;
  const { first: begin, last, newest } = facts;
  if (typeof begin !== "number" || typeof last !== "number" || typeof newest !== "number") return false;
  return (
    at.getTime() <= Date.now() + CLOCK_STEP_MS &&
    at.getTime() >= (before?.at ?? 0) &&
    // The purge before this one may itself have been purged.
    (before === undefined || begin === before.last + 1) &&
    begin <= last &&
    last < oldest &&
    newest < at.getTime() - YEAR_MS
  );
}

/** The first of these records, which follow each other, that is not found by exactly what it says. */
export function firstMisfiled(db: Database, records: readonly AuditRecord[]): number | undefined {
  const [from, to] = [records[0]?.seq, records.at(-1)?.seq];
  if (from === undefined || to === undefined) return undefined;
  const filed = all<{ seq: number; key: string }>(
    db,
    "SELECT seq, kind || ' ' || value AS key FROM audit_key WHERE seq BETWEEN ? AND ? ORDER BY seq",
    from,
    to,
  );
  let next = 0;
  return records.find((record) => {
    const said = new Set(auditKeys(record).map(([kind, value]) => `${kind} ${value}`));
    // Of one record each key is there once at most, so that as many as it says, all of them its own, are all.
    let there = 0;
    for (; filed[next]?.seq === record.seq; next += 1) {
      if (!said.has(filed[next]!.key)) return true;
      there += 1;
    }
    return there !== said.size;
  })?.seq;
}

/** A number in the index of which there is no record: before the first or after the last. */
export function firstStray(db: Database): number | undefined {
  return first<{ seq: number }>(
    db,
    `SELECT seq FROM audit_key WHERE seq < coalesce((SELECT min(seq) FROM audit), 0)
                                  OR seq > coalesce((SELECT max(seq) FROM audit), 0) ORDER BY seq LIMIT 1`,
  )?.seq;
}
