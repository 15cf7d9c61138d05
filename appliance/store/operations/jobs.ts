import type { Database } from "better-sqlite3";
import { storeErrors } from "../errors.ts";
import type { JobRefusal } from "../model/tools.ts";
import type { Traces } from "../model/traces.ts";
import type { Job, JobState } from "../model.ts";
import { addEvent } from "./events.ts";
import { all, first, json, run } from "./rows.ts";
import { keepTraces } from "./traces.ts";

interface JobRow {
  id: number;
  kind: string;
  parameters: string;
  state: JobState;
  cursor: number;
  done: number;
  total: number;
  results: string;
  found: string | null;
  code: string | null;
  details: string | null;
  created_at: number;
  updated_at: number;
}

/**
 * Starts a job over the exams that are in the record; its number is added to what its audit records say.
 * STORE_JOB_RUNNING when one of its kind runs already.
 */
export function startJob(
  db: Database,
  input: { readonly kind: string; readonly parameters: Readonly<Record<string, unknown>>; readonly at: Date } & Traces,
): Job {
  const running = first(db, "SELECT id FROM job WHERE kind = ? AND state = 'running'", input.kind);
  if (running !== undefined) throw storeErrors.fault("STORE_JOB_RUNNING", { details: { kind: input.kind } });
  const { id } = run(
    db,
    `INSERT INTO job (kind, parameters, state, total, created_at, updated_at)
     VALUES (?, ?, 'running', (SELECT coalesce(sum(n), 0) FROM exam_tally WHERE record = 'present'), ?, ?)`,
    input.kind,
    JSON.stringify(input.parameters),
    input.at.getTime(),
    input.at.getTime(),
  );
  const audit = (input.audit ?? []).map((record) => ({ ...record, facts: { job: id, ...record.facts } }));
  keepTraces(db, { ...input, audit });
  return job(db, { id }) as Job;
}

/** How far a job has come, what it left undone, or that it has ended. False when it had ended: it stays as it ended. */
export function advanceJob(
  db: Database,
  input: Pick<Job, "id" | "cursor" | "done" | "results"> & {
    readonly total?: number;
    readonly found?: NonNullable<Job["found"]>;
    readonly state: JobState;
    readonly code?: string;
    readonly details?: Job["details"];
    readonly refusals?: readonly JobRefusal[];
    readonly at: Date;
  } & Traces,
): boolean {
  const { changes } = run(
    db,
    `UPDATE job SET cursor = ?, done = ?, total = coalesce(?, total), results = ?, found = coalesce(?, found),
            state = ?, code = ?, details = ?, updated_at = ?
      WHERE id = ? AND state = 'running'`,
    input.cursor,
    input.done,
    input.total ?? null,
    JSON.stringify(input.results),
    json(input.found),
    input.state,
    input.code ?? null,
    json(input.details),
    input.at.getTime(),
    input.id,
  );
  if (changes === 0) return false;
  if (input.state === "failed") forgetResync(db);
  for (const { code, ...facts } of input.refusals ?? []) {
    addEvent(db, null, null, { at: input.at, kind: "job-refusal", code, facts: { job: input.id, ...facts } });
  }
  keepTraces(db, input);
  return true;
}

/** What a job left undone, in its order; `limit` of them at most. */
export function jobRefusals(db: Database, input: { readonly id: number; readonly limit: number }): JobRefusal[] {
  return all<{ item: string; code: string; details: string | null }>(
    db,
    `SELECT facts ->> '$.item' AS item, code, facts -> '$.details' AS details FROM event
      WHERE exam_id IS NULL AND kind = 'job-refusal' AND facts ->> '$.job' = ? ORDER BY id LIMIT ?`,
    input.id,
    input.limit,
  ).map(({ details, ...row }) => (details === null ? row : { ...row, details: JSON.parse(details) }));
}

/** Ends a running job where it is; false when it does not run. What it had begun to look at is looked at for nobody. */
export function cancelJob(db: Database, input: { readonly id: number; readonly at: Date } & Traces): boolean {
  const sql = "UPDATE job SET state = 'cancelled', updated_at = ? WHERE id = ? AND state = 'running'";
  const cancelled = run(db, sql, input.at.getTime(), input.id).changes > 0;
  if (cancelled) {
    forgetResync(db);
    keepTraces(db, input);
  }
  return cancelled;
}

/** Only a resynchronisation that runs may withdraw by an absence. */
function forgetResync(db: Database): void {
  run(
    db,
    `UPDATE exam SET cause = 'recheck', revision = revision + 1
      WHERE cause = 'resync' AND state IN ('searching', 'checking')`,
  );
}

export function job(db: Database, input: { readonly id: number }): Job | undefined {
  const row = first<JobRow>(db, "SELECT * FROM job WHERE id = ?", input.id);
  return row && toJob(row);
}

/** Jobs, newest first. */
export function jobs(
  db: Database,
  { state, kind, limit }: { readonly state?: JobState; readonly kind?: string; readonly limit: number },
): Job[] {
  const wanted = Object.entries({ state, kind }).filter(([, value]) => value !== undefined);
  const where = wanted.map(([column]) => `${column} = ?`).join(" AND ");
  const sql = `SELECT * FROM job ${where && `WHERE ${where}`} ORDER BY id DESC LIMIT ?`;
  return all<JobRow>(db, sql, ...wanted.map(([, value]) => value), limit).map(toJob);
}

function toJob(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    parameters: JSON.parse(row.parameters) as Record<string, unknown>,
    state: row.state,
    cursor: row.cursor,
    done: row.done,
    total: row.total,
    results: JSON.parse(row.results) as Record<string, number>,
    found: row.found === null ? undefined : (JSON.parse(row.found) as Record<string, unknown>),
    code: row.code ?? undefined,
    details: row.details === null ? undefined : (JSON.parse(row.details) as NonNullable<Job["details"]>),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
