import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { images } from "../../faults/people.ts";
import { type Case, eventually, manifestsOf, openPractice, type Practice } from "../../faults/practice.ts";
import { ask, ended, type JobAnswer, published, run, start } from "./support.ts";

describe("the resynchronisation of the record with the PACS", () => {
  let practice: Practice;

  beforeEach(async () => {
    practice = await openPractice();
  });
  afterEach(() => practice[Symbol.asyncDispose]());

  const approved = ({ study }: Case) =>
    manifestsOf(practice.site.dmp, study).filter(({ status }) => status.endsWith(":Approved"));
  const remove = ({ study }: Case) => practice.pacs.remove(study.studyInstanceUID);

  it("leaves what is as it was, replaces what changed, withdraws what is gone", async () => {
    const cases = await published(practice, 12);
    const [gone, changed] = cases as [Case, Case];
    remove(gone);
    practice.pacs.add(images(changed.patient, changed.study, { series: [{ kind: "CT", images: 4 }] }));
    const { job } = await run(practice.site, { kind: "resync" });
    expect(job).toMatchObject({
      state: "done",
      done: 12,
      total: 12,
      results: { unchanged: 10, replaced: 1, withdrawn: 1 },
    });
    await practice.reaches(gone, "closed");
    await practice.reaches(changed, "published");
    expect(approved(gone)).toEqual([]);
    expect(approved(changed)).toHaveLength(1);
    expect(manifestsOf(practice.site.dmp, changed.study)).toHaveLength(2);
  });

  it("refuses to begin when a PACS has lost many of its exams, and withdraws none", async () => {
    const cases = await published(practice, 5);
    for (const one of cases.slice(0, 3)) remove(one);
    const { job } = await run(practice.site, { kind: "resync" });
    expect(job).toMatchObject({ state: "failed", code: "SOURCE_RESYNC_MANY_GONE", done: 0 });
    for (const one of cases) expect(approved(one)).toHaveLength(1);
  });

  it("stops when the PACS loses its exams while it works, after a few", async () => {
    const cases = await published(practice, 30);
    const id = await start(practice.site, { kind: "resync" });
    await eventually(async () => {
      const { job } = await ask<JobAnswer>(practice.site, "GET", `/jobs/${id}`);
      return job.done > 0;
    }, "it works");
    for (const one of cases) remove(one);
    const { job } = await ended(practice.site, id);
    expect(job).toMatchObject({ state: "failed", code: "SOURCE_RESYNC_MANY_GONE" });
    const left = cases.filter((one) => approved(one).length === 1).length;
    // Three that are gone are enough; those in hand may follow.
    expect(left).toBeGreaterThan(20);
  });

  it("withdraws them when a person says that they are gone", async () => {
    const cases = await published(practice, 4);
    for (const one of cases) remove(one);
    const { job } = await run(practice.site, { kind: "resync", force: true });
    expect(job).toMatchObject({ state: "done", results: { withdrawn: 4 } });
    for (const one of cases) await practice.reaches(one, "closed");
    for (const one of cases) expect(approved(one)).toEqual([]);
  });

  it("asks a person about an exam that is no longer that of its report", async () => {
    const [one, two] = (await published(practice, 2)) as [Case, Case];
    remove(one);
    practice.pacs.add(images(one.patient, one.study, { patientID: two.patient.ipp }));
    const { job } = await run(practice.site, { kind: "resync" });
    expect(job).toMatchObject({ state: "done", results: { unchanged: 1, waiting: 1 } });
    expect(approved(one)).toHaveLength(1);
  });

  it("waits for a PACS that does not answer, and takes nothing for gone", async () => {
    const cases = await published(practice, 3);
    await practice.pacs.stop();
    const id = await start(practice.site, { kind: "resync" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { job } = await ask<JobAnswer>(practice.site, "GET", `/jobs/${id}`);
    expect(job).toMatchObject({ state: "running", done: 0 });
    for (const one of cases) expect(approved(one)).toHaveLength(1);
    await ask(practice.site, "POST", `/jobs/${id}/cancel`);
    expect((await ended(practice.site, id)).job.state).toBe("cancelled");
  });

  it("is one at a time", async () => {
    await practice.pacs.stop();
    await start(practice.site, { kind: "resync", during: { from: "00:00", to: "00:01" } });
    await expect(start(practice.site, { kind: "resync" })).rejects.toThrow("STORE_JOB_RUNNING");
    await expect(start(practice.site, { kind: "resync", nonsense: 1 })).rejects.toThrow("CONSOLE_BAD_REQUEST");
    await eventually(async () => {
      const { jobs } = await ask<{ jobs: object[] }>(practice.site, "GET", "/jobs");
      return jobs.length === 1;
    }, "one job");
  });
});
