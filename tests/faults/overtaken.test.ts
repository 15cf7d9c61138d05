/** What comes while something else is under way: the last word counts, and what must leave the record leaves it. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SITE } from "../../scripts/sandbox/pki.ts";
import { buildCda } from "../../scripts/sandbox/ris/cda.ts";
import { sandboxReport } from "../../scripts/sandbox/ris.ts";
import { type Life, openLife } from "./life.ts";
import { images, reportMessage } from "./people.ts";
import { type Case, eventually, openPractice } from "./practice.ts";

let life: Life;
beforeAll(async () => {
  life = await openLife({ settings: { dmp: { concurrency: 1 } } });
});
afterAll(() => life[Symbol.asyncDispose]());
afterEach(async () => {
  await life.free();
  expect(life.practice.site.dmp.doubles()).toEqual([]);
  expect(life.practice.errors()).toEqual([]);
});

/** The record holds nothing of the exam, and the exam rests; it stays so. */
async function leaves(one: Case): Promise<void> {
  const at = async () => {
    const { exam } = await life.practice.exam(one);
    return `${exam.state} ${exam.record} ${exam.code ?? ""}: ${life.held(one).length} in force`;
  };
  await eventually(
    async () => /^(parked|closed|searching) absent .*: 0 in force$/.test(await at()),
    "it leaves the record",
    15_000,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}; it is ${await at()}: ${(await life.lines(one)).join(", ")}`);
  });
  await sleep(400);
  expect(life.held(one)).toEqual([]);
}

const stranger = (one: Case): Case => ({
  ...one,
  patient: life.practice.newCase().patient,
  name: `${one.name}-stranger`,
});

describe("a submission that waits for its turn", () => {
  it("is not sent once a doubt has come, or a person has decided", async () => {
    await using slow = await openPractice({ settings: { dmp: { perMinute: 20, timeoutSeconds: 1 } } });
    const [first, doubted, withheld] = [slow.newCase(), slow.newCase(), slow.newCase()];
    for (const one of [first, doubted, withheld]) await slow.submit(one);
    await slow.reaches(doubted, "publishing");
    await slow.reaches(withheld, "publishing");
    const other = { ...doubted, patient: slow.newCase().patient, name: `${doubted.name}-other` };
    await slow.report(other);
    await slow.decide(withheld, { kind: "withhold" });
    await slow.reaches(doubted, "parked");
    await slow.reaches(withheld, "closed");
    await sleep(7000);
    for (const { study } of [doubted, withheld]) expect(slow.site.dmp.history(study.studyInstanceUID)).toEqual([]);
  });
});

describe("an attempt that was given up and takes effect later", () => {
  /** The record is busy with the manifest for longer than the box waits for its answer. */
  async function givenUp(): Promise<Case> {
    const one = life.practice.newCase();
    life.practice.site.dmp.faults.next({ kind: "slow", ms: 1700 });
    await life.practice.submit(one);
    await life.practice.site.examOf(one.study.studyInstanceUID, ({ timeline }) =>
      timeline.some(({ code }) => code === "DMP_TIMEOUT"),
    );
    return one;
  }

  it("is found when the report is deleted, though an order had it made again meanwhile", async () => {
    const one = await givenUp();
    await life.practice.order(one);
    await life.cancel(one);
    await leaves(one);
  });

  it("is found when the report turns out to be confidential", async () => {
    const one = await givenUp();
    await life.correct(one, 2, { CONNEXION_SECRETE: "Y" });
    await leaves(one);
  });
});

describe("a doubt does not hold up", () => {
  it.each(["PROV", "VALI"])("the deletion of the wrong patient's report, the right one being %s", async (status) => {
    const one = life.practice.newCase();
    await life.published(one);
    const right = stranger(one);
    await Promise.all([
      life.cancel(one),
      life.practice.report(right, { changes: { patient: { ...right.patient, identityStatus: [status] } } }),
    ]);
    await leaves(one);
  });

  it("a restriction that comes with it", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.practice.report(stranger(one), { changes: { flags: { CONNEXION_SECRETE: "Y" } } });
    await leaves(one);
  });

  it("the rejection of every image, for an exam that waits for a person", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.practice.report(stranger(one));
    await life.practice.reaches(one, "parked");
    await life.note(one, "patient-safety");
    await leaves(one);
  });
});

describe("a rejection note", () => {
  it("counts until it is carried out, whatever comes in between", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    // It says where the manifest stands, and takes nothing.
    life.practice.site.dmp.faults.next({ kind: "slow", ms: 0 });
    life.practice.site.dmp.faults.always({ kind: "http500" });
    await life.note(one, "patient-safety");
    await life.practice.reaches(one, "publishing");
    await life.practice.order(one);
    await sleep(300);
    await life.free();
    await leaves(one);
  });

  it("under another name is not got round by a repetition of the report", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const [first] = images(one.patient, one.study).instances;
    const filed = images({ ...one.patient, ipp: "SOMEBODY" }, one.study);
    life.practice.pacs.remove(one.study.studyInstanceUID);
    life.practice.pacs.add(filed);
    await life.note(one, "quality", [first!.sopInstanceUID]);
    life.practice.pacs.remove(one.study.studyInstanceUID);
    life.practice.pacs.add(images(one.patient, one.study));
    await life.practice.retry(one);
    await life.practice.site.examOf(one.study.studyInstanceUID, ({ exam }) => exam.code === "SOURCE_NOTE_DISAGREES");
    await life.practice.report(one, { controlId: `${one.name}-repeated` });
    await life.practice.site.examOf(
      one.study.studyInstanceUID,
      ({ exam, timeline }) =>
        timeline.some(({ kind }) => kind === "report-repeated") && exam.code === "SOURCE_NOTE_DISAGREES",
    );
    expect(life.deeds(one)).toEqual(["provide"]);
  });
});

describe("of two sendings of the same document", () => {
  it.each([
    ["DESTDMP", "N"],
    ["INVISIBLE_PATIENT", "Y"],
  ] as const)("the later counts, by the sender's clock, whichever came first: %s=%s", async (flag, value) => {
    const one = life.practice.newCase();
    life.practice.pacs.add(images(one.patient, one.study));
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 24, 9, minute));
    const facts = { studies: [one.study], structure: { id: SITE.id, name: SITE.name }, patient: one.patient };
    const cda = Buffer.from(buildCda(sandboxReport(facts)));
    const send = async (controlId: string, time: Date, flags: Readonly<Record<string, "Y" | "N">>) => {
      const message = reportMessage(one.patient, [one.study], one.name, { cda, controlId, changes: { time, flags } });
      expect(await life.practice.site.send(message)).toContain("MSA|AA|");
    };
    await send(`${one.name}-later`, at(30), { [flag]: value });
    await life.practice.reaches(one, flag === "DESTDMP" ? "closed" : "published");
    await send(`${one.name}-earlier`, at(20), {});
    await life.practice.retry(one);
    await sleep(800);
    const held = life.held(one);
    if (flag === "DESTDMP") expect(held).toEqual([]);
    else expect(held.map(({ metadata }) => metadata.includes("INVISIBLE_PATIENT"))).toEqual([true]);
  });
});
