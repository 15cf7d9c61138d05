import type { Database } from "better-sqlite3";
import type { AuditBreak, AuditPurge, AuditVerification } from "../model/audit.ts";
import {
  type AuditRow,
  appendAuditRecords,
  auditExportBroken,
  auditHash,
  auditKeys,
  auditOrigin,
  toRecord,
} from "./audit.ts";
import { firstMisfiled, firstStray, purgeHolds } from "./audit-witness.ts";
import { all, first, run } from "./rows.ts";

/** Records of one call at most: a call is one transaction, and others wait for it. 2,000 are checked in some 6 ms. */
const MOST_RECORDS = 2000;

/**
 * Checks a part of the chain: the records from `from` (without it, from the first that is kept). Called again with `next`
 * it goes on where it was; the end is where `next` is undefined.
 */
export function verifyAudit(
  db: Database,
  input: { readonly from?: number; readonly limit?: number },
): AuditVerification {
  const start = input.from ?? first<{ seq: number | null }>(db, "SELECT min(seq) AS seq FROM audit")?.seq ?? 1;
  const limit = Math.min(input.limit ?? MOST_RECORDS, MOST_RECORDS);
  const rows = all<AuditRow & { hash: Buffer }>(
    db,
    "SELECT seq, body, hash FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?",
    start,
    limit,
  );
  const next = rows.length === limit ? start + limit : undefined;
  const before = first<{ hash: Uint8Array }>(db, "SELECT hash FROM audit WHERE seq = ?", start - 1);
  let previous = before?.hash ?? auditOrigin(db, start);
  const broken = (read: number, seq: number, reason: AuditBreak) => ({
    read,
    next: undefined,
    broken: { seq, reason },
  });
  const records = rows.map(toRecord);
  for (const [index, row] of rows.entries()) {
    const seq = start + index;
    if (row.seq !== seq || previous === undefined) return broken(index, seq, "missing");
    if (!auditHash(previous, seq, row.body).equals(row.hash)) return broken(index, seq, "altered");
    if (!purgeHolds(db, records[index]!)) return broken(index, seq, "purge");
    previous = row.hash;
  }
  const misfiled = firstMisfiled(db, records);
  if (misfiled !== undefined) return broken(rows.length, misfiled, "index");
  const gone = next === undefined ? firstStray(db) : undefined;
  if (gone !== undefined) return broken(rows.length, gone, "missing");
  return { read: rows.length, next, broken: next === undefined ? auditExportBroken(db) : undefined };
}

/**
 * Lets go of the oldest records up to the first that is of `before` or later. A record in their place says which they
 * were and holds the last of their hashes, so that the chain still has a beginning. With `exported`, only what the
 * outside repository has goes.
 */
export function purgeAudit(
  db: Database,
  input: { readonly before: Date; readonly at: Date; readonly limit?: number; readonly exported?: boolean },
): AuditPurge {
  const limit = Math.min(input.limit ?? MOST_RECORDS, MOST_RECORDS);
  const rows = all<AuditRow & { at: number; hash: Buffer }>(
    db,
    "SELECT seq, body, at, hash FROM audit ORDER BY seq LIMIT ?",
    limit,
  );
  const sent =
    input.exported === true ? (first<{ seq: number }>(db, "SELECT seq FROM audit_export")?.seq ?? 0) : Infinity;
  const kept = rows.findIndex(({ seq, at }) => at >= input.before.getTime() || seq > sent);
  const gone = kept < 0 ? rows : rows.slice(0, kept);
  const held = kept >= 0 && rows[kept]!.at < input.before.getTime();
  const last = gone.at(-1);
  if (last === undefined) return { purged: 0, more: false, held };
  const newest = Math.max(...gone.map(({ at }) => at));
  const facts = { first: gone[0]!.seq, last: last.seq, newest, hash: last.hash.toString("hex") };
  appendAuditRecords(db, [{ at: input.at, event: "audit-purged", outcome: 0, facts }]);
  for (const row of gone) {
    run(db, "DELETE FROM audit WHERE seq = ?", row.seq);
    for (const [kind, value] of auditKeys(toRecord(row))) {
      run(db, "DELETE FROM audit_key WHERE kind = ? AND value = ? AND seq = ?", kind, value, row.seq);
    }
  }
  return { purged: gone.length, more: gone.length === limit, held };
}

/** When the oldest record that is kept was made. */
export function auditSince(db: Database): Date | undefined {
  const row = first<{ at: number }>(db, "SELECT at FROM audit ORDER BY seq LIMIT 1");
  return row && new Date(row.at);
}
