/** Is what the box believes what the record has, and is nothing lost, done twice or half done? */
import Database from "better-sqlite3";
import { expect } from "vitest";
import { verifyTrail } from "../../../appliance/audit/index.ts";
import { openStore } from "../../../appliance/store/index.ts";
import type { Dmp, ManifestEvent } from "../../../scripts/sandbox/dmp/index.ts";
import { held, type Wanted } from "./record.ts";

/** Of every study: what it must hold, and a history without a manifest beside another. */
export function checkRecord(dmp: Dmp, wanted: readonly Wanted[]): void {
  expect.soft(dmp.doubles()).toEqual([]);
  for (const { studyInstanceUID, life, story, manifest } of wanted) {
    const title = `life ${life}: ${story.join(", ")} (${studyInstanceUID})`;
    expect.soft(held(dmp, studyInstanceUID), title).toEqual(manifest === undefined ? [] : [manifest]);
    let approved = 0;
    for (const { action } of dmp.history(studyInstanceUID)) {
      const before = action === "provide" ? 0 : 1;
      expect.soft(approved, `${action} in the history of ${title}`).toBe(before);
      approved = action === "delete" ? 0 : 1;
    }
  }
}

/** What the box's database says of it. */
export function checkDatabase(
  file: string,
  dmp: Dmp,
  { acknowledged, wanted }: { readonly acknowledged: readonly string[]; readonly wanted: readonly Wanted[] },
): void {
  using db = new Reader(file);
  expect(db.pragma("integrity_check")).toEqual([{ integrity_check: "ok" }]);
  expect(db.pragma("foreign_key_check")).toEqual([]);
  const messages = db.all<{ control: string; state: string }>(
    "SELECT control_id AS control, state FROM message ORDER BY control_id",
  );
  expect.soft(messages).toEqual([...acknowledged].sort().map((control) => ({ control, state: "opened" })));

  const exams = db.all<ExamRow>("SELECT id, study_uid AS study, state, record, code, next_at AS next FROM exam");
  const byStudy = new Map(exams.map((exam) => [exam.study, exam]));
  expect.soft(byStudy.size).toBe(wanted.length);
  for (const { studyInstanceUID, life, story, manifest, awaited } of wanted) {
    const { state, record, code, next, id } = byStudy.get(studyInstanceUID) as ExamRow;
    const title = `exam ${id} of life ${life}: ${story.join(", ")}`;
    const belief = `${state} ${record}`;
    if (manifest !== undefined) expect.soft([belief, code, next], title).toEqual(["published present", null, null]);
    else if (awaited) expect.soft(["closed absent", "searching absent"], title).toContain(belief);
    else expect.soft([belief, next], title).toEqual(["closed absent", null]);
    expect.soft(submissionsOf(db, id), title).toEqual(dmp.history(studyInstanceUID).map(submissionOf));
  }
  const jobs = db.all<{ state: string; code: string | null }>("SELECT DISTINCT state, code FROM job");
  expect.soft(jobs.filter(({ state, code }) => state !== "done" && !ENDINGS.has(code ?? ""))).toEqual([]);
  checkDocuments(db, dmp);
  checkAudit(db, dmp, wanted);
}

/** The chain of the audit trail holds. */
export async function checkTrail(file: string): Promise<void> {
  const store = await openStore(file);
  try {
    const { broken, records } = await verifyTrail(store);
    expect([broken, records > 0]).toEqual([undefined, true]);
  } finally {
    await store.close();
  }
}

interface ExamRow {
  id: number;
  study: string;
  state: string;
  record: string;
  code: string | null;
  next: number | null;
}

/** How a job may fail: the guard of the resynchronisation, exams that were busy while addresses changed, a full disk. */
const ENDINGS = new Set(["SOURCE_RESYNC_MANY_GONE", "SOURCE_READDRESS_REMAINS", "STORE_FULL"]);

const KINDS = { provide: "provide", replace: "replace", delete: "withdraw" } as const;

function submissionOf({ action, uniqueId }: ManifestEvent): string {
  return `${KINDS[action]} ${uniqueId}`;
}

function submissionsOf(db: Reader, examId: number): string[] {
  return db
    .all<{ line: string }>(
      `SELECT kind || ' ' || sop_instance_uid AS line FROM submission WHERE exam_id = ${examId} AND state = 'accepted' ORDER BY id`,
    )
    .map(({ line }) => line);
}

/** The record has the bytes that the box kept. */
function checkDocuments(db: Reader, dmp: Dmp): void {
  const registered = new Map(dmp.documents().map((one) => [one.uniqueId, one.content]));
  const kept = db.all<{ sop: string; manifest: Buffer }>(
    "SELECT sop_instance_uid AS sop, manifest FROM submission WHERE state = 'accepted' AND kind <> 'withdraw'",
  );
  for (const { sop, manifest } of kept) expect.soft(registered.get(sop)?.equals(manifest), sop).toBe(true);
}

/** Every change of the record is in the audit trail, once, whether its answer was lost or not; and nothing else. */
function checkAudit(db: Reader, dmp: Dmp, wanted: readonly Wanted[]): void {
  const sayings = db
    .all<{ line: string }>(
      `SELECT replace(event, 'manifest-', '') || ' ' || (body ->> '$.documents[0]') AS line FROM audit
        WHERE event LIKE 'manifest-%' AND outcome = 0`,
    )
    .map(({ line }) => line);
  const verbs = { provide: "published", replace: "replaced", delete: "deleted" } as const;
  const done = wanted.flatMap(({ studyInstanceUID }) =>
    dmp.history(studyInstanceUID).map(({ action, uniqueId }) => `${verbs[action]} ${uniqueId}`),
  );
  expect.soft(sayings.sort()).toEqual(done.sort());
}

class Reader {
  readonly #db: Database.Database;

  constructor(file: string) {
    this.#db = new Database(file, { readonly: true });
  }

  all<Row>(sql: string): Row[] {
    return this.#db.prepare(sql).all() as Row[];
  }

  pragma(name: string): unknown {
    return this.#db.pragma(name);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}
