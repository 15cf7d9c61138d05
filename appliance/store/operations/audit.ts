import { hash, randomUUID } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { AuditHead, AuditRecord, AuditSearch, AuditVerification, NewAuditRecord } from "../model/audit.ts";
import { all, first, run } from "./rows.ts";

/**
 * The audit trail is a chain: the hash of a record is SHA-256 (hash of the one before || seq, 8 bytes, big endian ||
 * body, UTF-8). Whoever changes, takes out or inserts a record must write all later ones anew, and their end has been
 * told elsewhere (`auditHead`).
 */

/** Stands before the first record, which bears a random identifier: two installations have no hash in common. */
const BEGINNING = Buffer.alloc(32);
/** Of a page. */
const LARGEST_PAGE = 500;

/** Appends records in their order; inside the transaction of what they tell of. */
export function appendAuditRecords(db: Database, records: readonly NewAuditRecord[]): void {
  if (records.length === 0) return;
  let last = first<{ seq: number; hash: Uint8Array }>(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  for (const record of last === undefined ? [begun(records[0]!.at), ...records] : records) {
    const seq = (last?.seq ?? 0) + 1;
    const body = JSON.stringify({ ...record, at: record.at.getTime() });
    last = { seq, hash: auditHash(last?.hash ?? BEGINNING, seq, body) };
    run(db, "INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)", seq, body, last.hash);
    for (const [kind, value] of auditKeys(record)) {
      run(db, "INSERT OR IGNORE INTO audit_key (kind, value, seq) VALUES (?, ?, ?)", kind, value, seq);
    }
  }
}

function begun(at: Date): NewAuditRecord {
  return { at, event: "audit-begun", outcome: 0, facts: { installation: randomUUID() } };
}

/** What a record is found by. */
export function auditKeys(record: NewAuditRecord): (readonly [kind: string, value: string])[] {
  const { patients = [], users = [], studies = [], documents = [] } = record;
  return [
    ...patients.map(({ id }) => ["patient", id] as const),
    ...users.map(({ id }) => ["user", id] as const),
    ...studies.map((uid) => ["study", uid] as const),
    ...documents.map((id) => ["document", id] as const),
  ];
}

/** The hash of a record that follows one whose hash is `previous`. */
export function auditHash(previous: Uint8Array, seq: number, body: string): Buffer {
  const text = Buffer.allocUnsafe(40 + Buffer.byteLength(body));
  text.set(previous);
  text.writeBigUInt64BE(BigInt(seq), 32);
  text.write(body, 40);
  return hash("sha256", text, "buffer");
}

/** What must stand before a first record: the beginning, or what the last purge left. Undefined when nobody knows. */
export function auditOrigin(db: Database, seq: number): Uint8Array | undefined {
  if (seq === 1) return BEGINNING;
  const purge = first<{ last: number; hash: string }>(
    db,
    `SELECT body ->> '$.facts.last' AS last, body ->> '$.facts.hash' AS hash FROM audit
      WHERE event = 'audit-purged' ORDER BY seq DESC LIMIT 1`,
  );
  return purge?.last === seq - 1 ? Buffer.from(purge.hash, "hex") : undefined;
}

/** The end of the chain; undefined while there is no record. */
export function auditHead(db: Database): AuditHead | undefined {
  return first<AuditHead>(db, "SELECT seq, lower(hex(hash)) AS hash FROM audit ORDER BY seq DESC LIMIT 1");
}

/** The hash of one record, to compare with a head that was told elsewhere; undefined when it is not there. */
export function auditHashOf(db: Database, input: { readonly seq: number }): string | undefined {
  return first<AuditHead>(db, "SELECT lower(hex(hash)) AS hash FROM audit WHERE seq = ?", input.seq)?.hash;
}

/** A page of records, the newest of the chain first. */
export function auditRecords(db: Database, search: AuditSearch): AuditRecord[] {
  const { clauses, parameters } = conditions(search);
  const where = clauses.length === 0 ? "" : `WHERE ${clauses.join(" AND ")}`;
  return all<AuditRow>(
    db,
    `SELECT seq, body FROM audit ${where} ORDER BY seq DESC LIMIT ?`,
    ...parameters,
    Math.min(search.limit, LARGEST_PAGE),
  ).map(toRecord);
}

/** The records after the last one that the outside repository has, oldest first. */
export function auditToExport(db: Database, input: { readonly limit: number }): AuditRecord[] {
  return all<AuditRow>(
    db,
    "SELECT seq, body FROM audit WHERE seq > coalesce((SELECT seq FROM audit_export), 0) ORDER BY seq LIMIT ?",
    input.limit,
  ).map(toRecord);
}

/** The outside repository has every record up to this one. */
export function setAuditExported(db: Database, input: { readonly seq: number; readonly at: Date }): void {
  run(
    db,
    `INSERT INTO audit_export (id, seq, at, hash) SELECT 1, seq, ?, hash FROM audit WHERE seq = ?
     ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, at = excluded.at, hash = excluded.hash
      WHERE excluded.seq >= audit_export.seq`,
    input.at.getTime(),
    input.seq,
  );
}

/**
 * Whether the trail still has what the outside repository took last: no longer when its end was cut off or written anew
 * since. One that was purged meanwhile is not missed.
 */
export function auditExportBroken(db: Database): AuditVerification["broken"] {
  const sent = first<{ seq: number; hash: Uint8Array | null }>(db, "SELECT seq, hash FROM audit_export");
  if (sent === undefined) return undefined;
  const { oldest } = first<{ oldest: number | null }>(db, "SELECT min(seq) AS oldest FROM audit") ?? {};
  if (typeof oldest === "number" && sent.seq < oldest) return undefined;
  const kept = first<{ hash: Buffer }>(db, "SELECT hash FROM audit WHERE seq = ?", sent.seq);
  if (kept === undefined) return { seq: sent.seq, reason: "missing" };
  return sent.hash !== null && kept.hash.equals(sent.hash) ? undefined : { seq: sent.seq, reason: "altered" };
}

function conditions(search: AuditSearch): { clauses: string[]; parameters: (string | number)[] } {
  const clauses: string[] = [];
  const parameters: (string | number)[] = [];
  const require = (clause: string, ...values: (string | number)[]) => {
    clauses.push(clause);
    parameters.push(...values);
  };
  for (const kind of ["patient", "user", "study", "document"] as const) {
    const value = search[kind];
    if (value !== undefined) require(`seq IN (SELECT seq FROM audit_key WHERE kind = '${kind}' AND value = ?)`, value);
  }
  if (search.event !== undefined) require("event = ?", search.event);
  if (search.failed === true) require("outcome <> 0");
  // Records of a period stand together but for a change of the clock: the period bounds the part of the chain to read.
  const period = [search.from?.getTime() ?? -8.64e15, search.to?.getTime() ?? 8.64e15] as const;
  if (search.from !== undefined || search.to !== undefined) {
    require("at >= ? AND at < ?", ...period);
    require("seq >= (SELECT min(seq) FROM audit WHERE at >= ? AND at < ?)", ...period);
    require("seq <= (SELECT max(seq) FROM audit WHERE at >= ? AND at < ?)", ...period);
  }
  if (search.before !== undefined) require("seq < ?", search.before);
  return { clauses, parameters };
}

export interface AuditRow {
  seq: number;
  body: string;
}

export function toRecord({ seq, body }: AuditRow): AuditRecord {
  const record = JSON.parse(body) as Omit<NewAuditRecord, "at"> & { readonly at: number };
  return { ...record, seq, at: new Date(record.at) };
}
