import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../../../appliance/base/index.ts";
import { createJobRunner, type JobKind, refused, toolErrors } from "../../../appliance/source/tools/index.ts";
import { openStore, type Store } from "../../../appliance/store/index.ts";
import { eventually } from "../../faults/practice.ts";

describe("long work", () => {
  let folder: string;
  let store: Store;
  let now: Date;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "jobs-"));
    store = await openStore(join(folder, "box.db"));
    now = new Date("2026-11-25T12:00:00Z");
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const runner = (kind: JobKind) =>
    createJobRunner({
      ...{ store, kinds: { count: kind }, timeZone: "Europe/Paris", now: () => now, log: silent, longestRestMs: 5 },
    });
  /** Counts to `last`, one step each. */
  const counting =
    (last: number, seen: number[] = []): JobKind =>
    async (context) => {
      for (let n = context.job.cursor + 1; n <= last; n++) {
        await context.turn();
        seen.push(n);
        await context.step({ cursor: n, total: last, results: [n % 2 === 0 ? "even" : "odd"] });
      }
    };
  const ended = async (id: number) => {
    await eventually(async () => (await store.job({ id }))?.state !== "running", "the job ends");
    return store.job({ id });
  };

  it("keeps each step, with what came of it", async () => {
    const job = await runner(counting(5)).launch("count", {});
    expect(await ended(job.id)).toMatchObject({
      ...{ state: "done", cursor: 5, done: 5, total: 5, results: { odd: 3, even: 2 }, code: undefined },
    });
  });

  describe("in the audit trail", () => {
    const told = async () =>
      (await store.auditRecords({ limit: 9 }))
        .map(({ seq, at, ...record }) => record)
        .reverse()
        .slice(1);
    const user = { users: [{ id: "chef" }] };
    const runnerOf = (work: JobKind) =>
      createJobRunner({
        ...{ store, kinds: { export: work }, timeZone: "Europe/Paris", now: () => now, log: silent, longestRestMs: 5 },
      });
    const parameters = { folder: "/archive", operator: "chef" };
    const facts = { job: 1, kind: "export", folder: "/archive" };
    const started = { event: "job-started", outcome: 0, ...user, facts };

    it("is told with its start, and an archive with its end", async () => {
      const { id } = await runnerOf(counting(2)).launch("export", parameters);
      await ended(id);
      const exported = { event: "archive-exported", outcome: 0, ...user, facts: { ...facts, done: 2 } };
      expect(await told()).toEqual([started, exported]);
    });

    it("is told that it failed, and why", async () => {
      const failing: JobKind = async () => {
        throw toolErrors.fault("SOURCE_JOB_ENDED", { details: { job: 1 } });
      };
      await ended((await runnerOf(failing).launch("export", parameters)).id);
      const [, end] = await told();
      expect(end).toMatchObject({ event: "archive-exported", outcome: 8, code: "SOURCE_JOB_ENDED", ...user });
    });

    it("is told that it was cancelled, and by whom, and not started when it did not", async () => {
      const jobs = runnerOf(async ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)));
      const { id } = await jobs.launch("export", parameters);
      await expect(jobs.launch("export", parameters)).rejects.toMatchObject({ code: "STORE_JOB_RUNNING" });
      await jobs.cancel(id, { id: "other" });
      await expect(jobs.cancel(id, { id: "other" })).rejects.toMatchObject({ code: "SOURCE_JOB_ENDED" });
      const cancelled = { event: "job-cancelled", outcome: 0, users: [{ id: "other" }], facts: { ...facts, done: 0 } };
      expect(await told()).toEqual([started, cancelled]);
    });
  });

  it("runs one of a kind at a time", async () => {
    const jobs = runner(async ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)));
    await jobs.launch("count", {});
    await expect(jobs.launch("count", {})).rejects.toMatchObject({ code: "STORE_JOB_RUNNING" });
    await jobs.stop();
  });

  it("goes on from its last step when the box starts again, and does none of them twice", async () => {
    const seen: number[] = [];
    const hold = Promise.withResolvers<void>();
    const first = runner(async (context) => {
      await counting(3, seen)(context);
      hold.resolve();
      await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));
    });
    const { id } = await first.launch("count", {});
    await hold.promise;
    await first.stop();
    expect(await store.job({ id })).toMatchObject({ state: "running", cursor: 3 });
    await runner(counting(6, seen)).start();
    expect(await ended(id)).toMatchObject({ state: "done", done: 6, results: { odd: 3, even: 3 } });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("stops where it is when it is cancelled, for good", async () => {
    const jobs = runner(async (context) => {
      await counting(2)(context);
      await new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));
    });
    const { id } = await jobs.launch("count", {});
    await eventually(async () => (await store.job({ id }))?.done === 2, "two steps");
    expect(await jobs.cancel(id)).toMatchObject({ state: "cancelled", done: 2 });
    await expect(jobs.cancel(id)).rejects.toMatchObject({ code: "SOURCE_JOB_ENDED" });
    await expect(jobs.cancel(99)).rejects.toMatchObject({ code: "SOURCE_JOB_UNKNOWN" });
    await jobs.start();
    expect(await store.job({ id })).toMatchObject({ state: "cancelled", done: 2 });
  });

  it("keeps the facts of what stopped it and of what it left undone: their sentences are filled with them", async () => {
    const fault = (reason: string) => toolErrors.fault("SOURCE_EXPORT_UNWRITABLE", { details: { reason } });
    const jobs = runner(async (context) => {
      await context.step({ results: ["refused"], refusals: [refused("12", fault("ENOSPC"))] });
      throw fault("EROFS");
    });
    const { id } = await jobs.launch("count", {});
    expect(await ended(id)).toMatchObject({ code: "SOURCE_EXPORT_UNWRITABLE", details: { reason: "EROFS" } });
    expect(await store.jobRefusals({ id, limit: 10 })).toEqual([
      { item: "12", code: "SOURCE_EXPORT_UNWRITABLE", details: { reason: "ENOSPC" } },
    ]);
  });

  it("says with which code it failed, and lists what it left undone", async () => {
    const jobs = runner(async (context) => {
      await context.step({ cursor: 1, results: ["refused"], refusals: [{ item: "one", code: "XDM_FILE_DAMAGED" }] });
      throw new Error("anything");
    });
    const { id } = await jobs.launch("count", {});
    expect(await ended(id)).toMatchObject({ state: "failed", code: "SOURCE_INTERNAL", done: 1 });
    expect(await store.jobRefusals({ id, limit: 10 })).toEqual([{ item: "one", code: "XDM_FILE_DAMAGED" }]);
  });

  it.each([
    ["within", { during: { from: "20:00", to: "06:00" } }, "12:00", "23:00"],
    ["outside", { except: { from: "08:00", to: "18:00" } }, "12:00", "18:00"],
  ])("works %s the hours it is given, by the clock of the site", async (_, hours, closed, open) => {
    // Paris, in winter: one hour ahead.
    const at = (time: string) => new Date(`2026-11-25T${time}:00+01:00`);
    now = at(closed);
    const seen: number[] = [];
    const { id } = await runner(counting(3, seen)).launch("count", hours);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(seen).toEqual([]);
    expect(await store.job({ id })).toMatchObject({ state: "running", done: 0 });
    now = at(open);
    expect(await ended(id)).toMatchObject({ state: "done", done: 3 });
  });
});
