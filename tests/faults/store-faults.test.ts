/** What a disk, a clock and an update may do to the store: nothing is half done, and all goes on without a hand. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";
import { migrations } from "../../appliance/store/schema.ts";
import { BoxProcess } from "./box-process.ts";
import { eventually, openPractice } from "./practice.ts";

/** A file system of its own in memory, in a name space of its own: no privilege is needed, and it ends with the process. */
const inNameSpace = (script: string, ...args: string[]) =>
  ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, ...args] as const;
const possible = run(inNameSpace("mount -t tmpfs tmpfs /tmp")).status === 0;
const SLOW = fileURLToPath(new URL("store-slow.ts", import.meta.url));
/** The size of the log at which it is moved into the database: 256 pages. */
const CHECKPOINT_BYTES = 256 * 16_384;
const STORE = fileURLToPath(new URL("store-process.ts", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.skipIf(!possible)("a disk (skipped where unshare may not mount)", () => {
  // The log alone fills the first; on the second there is room for it, but not for what a checkpoint moves out of it.
  it.each([
    { size: "3m", checkpoints: false },
    { size: "7m", checkpoints: true },
  ])("of $size that is full: what was acknowledged is kept, no more and no less", ({ size, checkpoints }) => {
    const mount = `mount -t tmpfs -o size=${size} tmpfs "$1" && exec "$0" "$2" "$1" 64m`;
    const { stdout, stderr } = run(inNameSpace(mount, process.execPath, folder, STORE));
    expect(stderr).toBe("");
    const facts = JSON.parse(stdout) as Record<string, unknown> & { readonly wal: number };
    expect(facts).toMatchObject({
      refusals: ["STORE_FULL", "STORE_FULL"],
      readable: true,
      recovered: true,
      lost: [],
      extra: [],
      schema: migrations.length,
    });
    expect(facts.wal > CHECKPOINT_BYTES).toBe(checkpoints);
  });

  it("that is read-only when the box starts: a sentence, not a stack", async () => {
    await using practice = await openPractice();
    await practice.release();
    const data = join(practice.configuration, "..", "box");
    const mount = `mount -t tmpfs tmpfs "${data}" && mount -o remount,ro "${data}" && exec "$@"`;
    await using box = new BoxProcess(practice.configuration, inNameSpace(mount, "box"));
    await eventually(() => !box.running, "the box ends");
    expect(box.complaints).toMatch(/^[^\n]+\[[A-Z_]+\]\n→ [^\n]+\n$/);
  });
});

/** Flushes and looks at files; each flush takes half a second longer. */
const TRACER = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,access,faccessat,faccessat2"];
const SLOWLY = ["-e", "inject=fsync,fdatasync:delay_exit=500000"];
const traceable = run([...TRACER, "-o", "/dev/null", "true"]).status === 0;

describe.skipIf(!traceable)("a disk whose flushes take half a second (skipped where strace may not trace)", () => {
  it("holds those who wait for it, together, and nobody else; none is answered before its flush", () => {
    const file = join(folder, "trace");
    const { stdout } = run([...TRACER, ...SLOWLY, "-o", file, process.execPath, SLOW, folder]);
    const { kept, turns } = JSON.parse(stdout) as { readonly kept: number; readonly turns: number };
    expect(kept).toBe(65);
    // The event loop turned all the while: one flush alone is time for hundreds of turns.
    expect(turns).toBeGreaterThan(20);
    const trace = readFileSync(file, "latin1")
      .split("\n")
      .map((line) => (/sync.*= 0/.test(line) ? "f" : line.includes("/answered") ? "A" : ""))
      .join("");
    // What a cut of the power may take was not answered yet.
    expect(trace).toMatch(/^f+A(f+A){4}f+$/);
    expect(trace.slice(trace.lastIndexOf("A")).length, "60 messages share their flushes").toBeLessThan(30);
  });
});

describe("a damaged database", () => {
  it.each(["exam", "exam_due"])("is refused at the start, with a sentence: %s", async (name) => {
    const file = join(folder, "box.db");
    await (await openStore(file)).close();
    const db = new Database(file);
    const { page } = db.prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = ?").get(name) as {
      page: number;
    };
    const bytes = db.pragma("page_size", { simple: true }) as number;
    db.close();
    writeSync(openSync(file, "r+"), Buffer.alloc(bytes, 0x5a), 0, bytes, (page - 1) * bytes);
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });
});

describe("a database of the first version", () => {
  const at = Date.UTC(2026, 9, 1);
  const states = ["searching", "publishing", "published", "parked", "closed"] as const;

  /** Each state, without a submission (odd ids) and with one (even ids). */
  function build(file: string): void {
    const db = new Database(file);
    db.exec(migrations[0] ?? "");
    db.pragma("user_version = 1");
    db.prepare(
      `INSERT INTO message VALUES (1, ?, 'RIS', 'M1', x'00', '10.0.0.1', 'opened', NULL, x'', x'4D5348'),
                                  (2, ?, 'RIS', 'M2', x'01', '10.0.0.1', 'received', NULL, x'', x'4D5348')`,
    ).run(at, at);
    db.prepare("INSERT INTO report VALUES (1, 1, '1.2.3', x'00', ?)").run(at);
    for (const [index, state] of states.entries()) {
      for (const id of [2 * index + 1, 2 * index + 2]) {
        const works = state === "searching" || state === "publishing";
        db.prepare(
          `INSERT INTO exam (id, structure, study_uid, accessions, state, code, next_at, since, created_at, updated_at)
             VALUES (?, '880000001', ?, '["A"]', ?, ?, ?, ?, ?, ?)`,
        ).run(id, `2.25.${id}`, state, state === "parked" ? "SOURCE_MISMATCH" : null, works ? at : null, at, at, at);
        db.prepare("INSERT INTO exam_report VALUES (?, 1)").run(id);
        db.prepare("INSERT INTO event (exam_id, message_id, at, kind) VALUES (?, 1, ?, 'opened')").run(id, at);
        if (id % 2 === 1) continue;
        db.prepare(
          `INSERT INTO submission (exam_id, sop_instance_uid, manifest, manifest_at, instance_count, envelope, state, created_at)
             VALUES (?, ?, x'01', ?, 4, '{}', ?, ?)`,
        ).run(id, `2.25.9${id}`, at, state === "published" ? "accepted" : "pending", at);
      }
    }
    db.close();
  }

  it("is taken over whole, and everything in it goes on", async () => {
    const file = join(folder, "box.db");
    build(file);
    const store = await openStore(file);
    const exams = (await store.exams({ limit: 20 })).reverse();
    expect(exams.map(({ state, record, cause }) => `${state} ${record} ${cause}`)).toEqual([
      ...["searching absent report", "searching unsure report"],
      ...["publishing absent report", "publishing unsure report"],
      ...["published present report", "published present report"],
      ...["parked absent report", "parked unsure report"],
      ...["closed absent report", "closed unsure report"],
    ]);
    expect(exams.every(({ checks, withheld }) => checks === 0 && !withheld)).toBe(true);
    expect(await store.counts()).toMatchObject({
      exams: { searching: 2, checking: 0, publishing: 2, published: 2, parked: 2, closed: 2 },
      messages: { received: 1, opened: 1 },
      parkedInRecord: 1,
      oldestWork: new Date(at),
    });
    const due = async (state: "searching" | "publishing") =>
      (await store.dueExams({ state, now: new Date(), horizon: new Date(8.64e15), limit: 9 })).map(({ id }) => id);
    expect([await due("searching"), await due("publishing")]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await store.waitingMessages({ limit: 9 })).toMatchObject([{ id: 2, kind: "hl7" }]);
    for (const { id, revision } of exams) {
      expect(await store.messagesOfExam({ examId: id })).toMatchObject([{ id: 1 }]);
      const submission = await store.latestSubmission({ examId: id });
      if (id % 2 === 0) expect(submission).toMatchObject({ kind: "provide", version: 1 });
      const event = { at: new Date(at), kind: "retried" };
      await store.advanceExam({ examId: id, revision, to: "searching", attempts: 0, event });
      expect(await store.timeline({ examId: id })).toMatchObject([{ kind: "opened" }, { kind: "retried" }]);
    }
    expect(await store.inspect()).toEqual({ schema: migrations.length });
    await store.close();
    const db = new Database(file);
    expect(db.pragma("foreign_key_check")).toEqual([]);
    db.close();
  });

  it("stays as it was when it cannot be taken over", async () => {
    const file = join(folder, "box.db");
    build(file);
    const db = new Database(file);
    // What a migration cannot bring over: it is undone whole.
    db.pragma("foreign_keys = OFF");
    db.exec("INSERT INTO exam_report VALUES (1, 99)");
    db.close();
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    const after = new Database(file);
    expect(after.pragma("user_version", { simple: true })).toBe(1);
    expect(after.prepare("SELECT count(*) AS n FROM exam").get()).toEqual({ n: 10 });
    after.close();
  });
});

function run([command = "", ...args]: readonly string[]) {
  return spawnSync(command, args, { encoding: "utf8" });
}
