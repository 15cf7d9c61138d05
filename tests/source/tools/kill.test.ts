import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { somebodyListens } from "../../../appliance/system/index.ts";
import { callApi, type ExamFacts } from "../../../scripts/lib/local-api.ts";
import { BoxProcess } from "../../faults/box-process.ts";
import { eventually, manifestsOf, openPractice } from "../../faults/practice.ts";
import { ask, type JobAnswer, published, start } from "./support.ts";

it("goes on with a resynchronisation that SIGKILL interrupts, and withdraws each manifest once", async () => {
  await using practice = await openPractice();
  const cases = await published(practice, 24);
  for (const { study } of cases.slice(0, 8)) practice.pacs.remove(study.studyInstanceUID);
  await practice.release();
  const socket = join(dirname(practice.configuration), "box/box.sock");
  const site = {
    api: (...[method, path, how]: Parameters<typeof practice.site.api>) => callApi(socket, method, path, how),
  };
  const jobOf = async (id: number) => (await ask<JobAnswer>(site, "GET", `/jobs/${id}`)).job;

  let id = 0;
  for (let kill = 1; kill <= 3; kill++) {
    await using box = new BoxProcess(practice.configuration);
    await eventually(() => somebodyListens(socket), "the box listens");
    if (kill === 1) id = await start(site, { kind: "resync", force: true });
    await eventually(async () => (await jobOf(id)).done >= kill * 3, "some exams are done");
    box.strike();
    await box.end("SIGKILL");
  }
  await using box = new BoxProcess(practice.configuration);
  await eventually(() => somebodyListens(socket), "the box listens");
  await eventually(async () => (await jobOf(id)).state !== "running", "the job ends");
  const job = await jobOf(id);
  expect(job).toMatchObject({ state: "done", done: job.total });
  // What was withdrawn in the very moment of a kill has left the record, and is counted by nobody.
  expect(job.total).toBeLessThanOrEqual(24);
  expect(job.results.unchanged).toBe(16);
  expect((job.results.withdrawn ?? 0) + (job.results.busy ?? 0)).toBe(job.total - 16);
  await eventually(async () => {
    const { exams } = await ask<{ exams: ExamFacts[] }>(site, "GET", "/exams?limit=100");
    const count = (state: string) => exams.filter((exam) => exam.state === state).length;
    return count("closed") === 8 && count("published") === 16;
  }, "the record is as the PACS is");
  for (const [index, { study }] of cases.entries()) {
    const [manifest, ...others] = manifestsOf(practice.site.dmp, study);
    expect(others).toEqual([]);
    expect(manifest?.status.endsWith(index < 8 ? ":Deleted" : ":Approved")).toBe(true);
  }
  expect(box.complaints).toBe("");
});
