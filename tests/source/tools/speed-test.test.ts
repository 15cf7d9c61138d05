/** The speed test of an operator (DB.SO.102): with which study, when, and what is kept of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../../../appliance/base/index.ts";
import { createPacs } from "../../../appliance/pacs/index.ts";
import { createJobRunner } from "../../../appliance/source/tools/index.ts";
import { type MeasuredPacs, type SpeedJobOptions, speedJob } from "../../../appliance/source/tools/speed-test.ts";
import { type Job, openStore, type Store } from "../../../appliance/store/index.ts";
import { type SandboxPacs, startSandboxPacs } from "../../../scripts/sandbox/pacs.ts";
import { syntheticStudy } from "../../../scripts/sandbox/studies.ts";
import { eventually } from "../../faults/practice.ts";

const REFERENCE = "1.2.250.1.213.4.5.2.1.199";
const study = (studyInstanceUID: string, images: number) =>
  syntheticStudy({ studyInstanceUID, series: [{ kind: "CT", images, size: 16 }] });

describe("the speed test", () => {
  let folder: string;
  let store: Store;
  let archive: SandboxPacs;
  /** 21:00 in Paris. */
  let now = new Date("2026-11-25T20:00:00Z");
  /** The exams that were published, newest first. */
  let exams: readonly { readonly uid: string; readonly images: number; readonly pacs: string }[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "speed-"));
    store = await openStore(join(folder, "box.db"));
    archive = await startSandboxPacs({
      studies: [study("2.25.1", 3), study("2.25.2", 101), study("2.25.3", 120), study("2.25.4", 5)],
    });
    now = new Date("2026-11-25T20:00:00Z");
    exams = [];
  });
  afterEach(async () => {
    await archive.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const runner = () => {
    const { host, port, aeTitle } = archive;
    const pacs = createPacs({ name: "PACS 1", host, port, aeTitle, callingAETitle: "DRIMBOX" });
    const records: SpeedJobOptions["store"] = {
      exams: async () => exams.map(({ uid }, index) => ({ id: index, studyInstanceUID: uid })) as never,
      currentSubmission: async ({ examId }: { examId: number }) => {
        const { images, pacs: name } = exams[examId]!;
        return { instanceCount: images, pacs: name } as never;
      },
    };
    const timeZone = "Europe/Paris";
    const kind = speedJob({ store: records, archives: [pacs], timeZone, now: () => now });
    return createJobRunner({
      ...{ store, kinds: { speedtest: kind }, timeZone, now: () => now, log: silent, longestRestMs: 5 },
    });
  };
  async function run(parameters: Readonly<Record<string, unknown>>): Promise<Job & { measure: MeasuredPacs }> {
    const { id } = await runner().launch("speedtest", parameters);
    let job: Job | undefined;
    await eventually(async () => {
      job = await store.job({ id });
      return job?.state !== "running";
    }, "the test ends");
    const { measures: [measure] = [] } = (job?.found ?? {}) as { measures?: MeasuredPacs[] };
    return { ...(job as Job), measure: measure as MeasuredPacs };
  }

  it("takes the study that is named, counts its images, and keeps what it found", async () => {
    const { measure, ...job } = await run({ study: "2.25.1", pacs: "PACS 1" });
    expect(job).toMatchObject({ state: "done", done: 3, total: 3, results: { received: 3 } });
    expect(measure).toMatchObject({ pacs: "PACS 1", studyInstanceUID: "2.25.1", production: false });
    expect(measure.speeds).toEqual([expect.objectContaining({ method: "c-get", images: 3 })]);
    expect((await store.jobs({ kind: "speedtest", limit: 5 })).map(({ found }) => found)).toEqual([job.found]);
    expect(await store.jobs({ kind: "resync", state: "done", limit: 5 })).toEqual([]);
  });

  it("takes the reference study where the PACS has it, otherwise the latest exam with enough images, or the largest", async () => {
    const exam = (uid: string, images: number, pacs = "PACS 1") => ({ uid, images, pacs });
    exams = [exam("2.25.1", 3), exam("2.25.9", 500, "PACS 2"), exam("2.25.2", 101), exam("2.25.3", 120)];
    expect((await run({})).measure.studyInstanceUID).toBe("2.25.2");
    exams = [exam("2.25.1", 3), exam("2.25.4", 5)];
    expect((await run({})).measure.studyInstanceUID).toBe("2.25.4");
    // The PACS has the largest no more.
    exams = [exam("2.25.7", 800), exam("2.25.4", 5)];
    expect((await run({})).measure.studyInstanceUID).toBe("2.25.4");
    exams = [exam("2.25.7", 800)];
    expect((await run({})).code).toBe("SOURCE_SPEED_TEST_NO_STUDY");
    archive.add(study(REFERENCE, 4));
    expect((await run({})).measure.studyInstanceUID).toBe(REFERENCE);
  });

  it("does not begin while the site works, unless it is told to, and then says so", async () => {
    now = new Date("2026-11-25T08:30:00Z");
    expect(await run({ study: "2.25.1" })).toMatchObject({ state: "failed", code: "SOURCE_SPEED_TEST_HOURS" });
    expect((await run({ study: "2.25.1", now: true })).measure.production).toBe(true);
    const waiting = run({ study: "2.25.1", except: { from: "09:00", to: "18:00" } });
    await eventually(async () => (await store.jobs({ state: "running", limit: 1 })).length === 1, "it waits");
    now = new Date("2026-11-25T17:00:00Z");
    expect((await waiting).measure.production).toBe(false);
  });

  it.each([
    [{ pacs: "PACS 9" }, "PACS_UNKNOWN"],
    [{ study: "2.25.404" }, "SOURCE_SPEED_TEST_NO_STUDY"],
    [{ study: "2.25.1", way: "c-move" }, "PACS_NO_RETRIEVE"],
  ])("%j: %s", async (parameters, code) => {
    expect(await run(parameters)).toMatchObject({ state: "failed", code });
  });

  it("is over at once when it is cancelled", async () => {
    archive.add(study("2.25.5", 400));
    const jobs = runner();
    const { id } = await jobs.launch("speedtest", { study: "2.25.5" });
    await eventually(() => archive.associations > 0, "it has begun");
    expect(await jobs.cancel(id)).toMatchObject({ state: "cancelled", found: undefined });
    await eventually(() => archive.associations === 0, "the PACS is left alone");
  });
});
