import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Rehearsal } from "../../../appliance/source/index.ts";
import type { ExamFacts } from "../../../scripts/lib/local-api.ts";
import { images, reportMessage } from "../../faults/people.ts";
import { type Case, openPractice, type Practice } from "../../faults/practice.ts";
import { ask, published, run } from "./support.ts";

describe("messages, tried and replayed", () => {
  let practice: Practice;

  beforeEach(async () => {
    practice = await openPractice();
  });
  afterEach(() => practice[Symbol.asyncDispose]());

  const rehearse = async (message: Buffer, query = ""): Promise<Rehearsal> =>
    JSON.parse((await practice.site.api("POST", `/messages/try${query}`, { body: message })).toString());
  const reportOf = ({ patient, study, name }: Case, changes = {}) => reportMessage(patient, [study], name, { changes });

  it("tells what a report would do, and writes nothing", async () => {
    const one = practice.newCase();
    expect(await rehearse(reportOf(one), "?pacs=true")).toMatchObject({
      answer: "AA",
      kind: "report",
      exams: [{ next: "searching", event: "report-received", faults: [], pacs: { found: false } }],
    });
    practice.pacs.add(images(one.patient, one.study, { patientID: "ANOTHER" }));
    const { exams } = await rehearse(reportOf(one), "?pacs=true");
    expect(exams[0]?.pacs).toMatchObject({
      found: true,
      instances: 2,
      fault: { code: "SOURCE_IPP_MISMATCH", values: { report: one.patient.ipp, pacs: "ANOTHER" } },
    });
    expect(await ask(practice.site, "GET", "/messages")).toEqual({ messages: [] });
    expect(await ask(practice.site, "GET", "/exams")).toEqual({ exams: [] });
  });

  it("tells every doubt, with both values, and what it would do to an exam that is known", async () => {
    const [one] = (await published(practice, 1)) as [Case];
    const other = practice.newCase();
    const { exams } = await rehearse(reportMessage(other.patient, [one.study], "M8"));
    expect(exams[0]).toMatchObject({ known: { state: "published", record: "present" }, next: "searching" });
    const disagreement = exams[0]?.faults.find(({ code }) => code === "SOURCE_REPORTS_DISAGREE");
    expect(Object.values(disagreement?.values ?? {}).join(" ")).toContain(one.patient.ipp);
    expect((await practice.exam(one)).exam.state).toBe("published");
  });

  it("tells why a message would be refused", async () => {
    const answer = await rehearse(Buffer.from("MSH|^~\\&|nonsense"));
    expect(answer).toMatchObject({
      answer: "AE",
      exams: [],
      refusal: { message: expect.any(String), remedy: expect.any(String) },
    });
  });

  it("gives a refused message the answer of today, and looks at the exams of an opened one again", async () => {
    await practice.site.send(Buffer.from("MSH|^~\\&|A|B|||20261125||NONSENSE|X1|P|2.5"));
    const [one] = (await published(practice, 1)) as [Case];
    const { messages } = await ask<{ messages: { id: number; state: string; code?: string }[] }>(
      practice.site,
      "GET",
      "/messages",
    );
    expect(messages.map(({ state }) => state)).toEqual(["opened", "refused"]);
    const [opened, refused] = messages;
    expect(await ask(practice.site, "POST", `/messages/${refused?.id}/replay`)).toMatchObject({
      replayed: { kind: "answered", answer: expect.stringContaining("MSA|AE|X1") },
    });
    expect(await ask(practice.site, "POST", `/messages/${opened?.id}/replay`)).toEqual({
      replayed: { kind: "looking", exams: 1 },
    });
    await practice.reaches(one, "published");
    expect((await practice.exam(one)).timeline.map(({ kind }) => kind)).toContain("retried");
    await expect(ask(practice.site, "POST", "/messages/99/replay")).rejects.toThrow("SOURCE_NO_SUCH_MESSAGE");
  });

  it("tries every exam again that waits with one code, and counts them", async () => {
    const cases = [practice.newCase(), practice.newCase(), practice.newCase()];
    for (const one of cases) await practice.submit(one, { patientID: "ANOTHER" });
    for (const one of cases) await practice.reaches(one, "parked");
    for (const one of cases) {
      practice.pacs.remove(one.study.studyInstanceUID);
      practice.pacs.add(images(one.patient, one.study));
    }
    expect((await run(practice.site, { kind: "retry", code: "SOURCE_NOT_THIS" })).job.results).toEqual({});
    const { job } = await run(practice.site, { kind: "retry", code: "SOURCE_IPP_MISMATCH" });
    expect(job).toMatchObject({ state: "done", total: 3, results: { retried: 3 } });
    for (const one of cases) await practice.reaches(one, "published");
    const { exams } = await ask<{ exams: ExamFacts[] }>(practice.site, "GET", "/exams?state=parked");
    expect(exams).toEqual([]);
  });
});
