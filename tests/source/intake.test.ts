import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { createAcceptor } from "../../appliance/source/intake/accept.ts";
import { createOpener } from "../../appliance/source/intake/opener.ts";
import { createReader, type MessageReader } from "../../appliance/source/intake/reader.ts";
import { type Exam, openStore, type Store } from "../../appliance/store/index.ts";
import { buildReportMessage, type MessageOptions } from "../../scripts/sandbox/ris/message.ts";
import { type ReportChanges, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris/report.ts";

const peer = { address: "127.0.0.1" };
const environment = "test";

describe("the intake", () => {
  let folder: string;
  let store: Store;
  let reader: MessageReader;
  let accept: ReturnType<typeof createAcceptor>;
  let opener: ReturnType<typeof createOpener>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "intake-"));
    store = await openStore(join(folder, "box.db"));
    reader = createReader({ defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment });
    const options = {
      store,
      reader,
      environment,
      domains: [{ pacs: "PACS", patient: [], accession: [] }],
      now: () => new Date(),
      log: silent,
    } as const;
    opener = createOpener({ ...options, onOpened: () => {} });
    accept = createAcceptor({ ...options, onAccepted: () => opener.wake() });
    opener.start();
  });
  afterEach(async () => {
    await opener.stop();
    await reader.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** Sends a report; gives the acknowledgement's code and ERR-3, once what was accepted is opened. */
  async function send(report: ReportChanges, options: Partial<MessageOptions> & { controlId: string }) {
    const bytes = buildReportMessage(sandboxReport(report), { family: "ORU", ...options });
    const answer = (await accept(bytes, peer)).toString();
    while ((await store.counts()).messages.received > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const segments = answer.split("\r").map((segment) => segment.split("|"));
    return {
      answer,
      code: segments.find(([name]) => name === "MSA")?.[1],
      condition: segments.find(([name]) => name === "ERR")?.[3]?.split("^")[0],
    };
  }

  const exams = async () =>
    (await store.exams({ limit: 10 })).map(({ state, code, studyInstanceUID }) => ({
      state,
      code,
      study: studyInstanceUID.at(-1),
    }));

  it("opens one exam for each study of a report", async () => {
    const studies = [sandboxStudy(), sandboxStudy({ studyInstanceUID: "2.25.2" })];
    expect(await send({ studies }, { controlId: "M1" })).toMatchObject({ code: "AA", condition: undefined });
    expect(await exams()).toMatchObject([
      { state: "searching", study: "2" },
      { state: "searching", study: "1" },
    ]);
  });

  it("gives the same message the same answer, byte for byte, and no second exam", async () => {
    const first = await send({}, { controlId: "M1" });
    const again = await send({}, { controlId: "M1" });
    expect(again.answer).toBe(first.answer);
    expect(await exams()).toHaveLength(1);
    expect(await store.timeline({ examId: 1 })).toHaveLength(1);
  });

  it("takes the same report in another message as a repetition, without effect", async () => {
    await send({}, { controlId: "M1" });
    expect(await send({}, { controlId: "M2" })).toMatchObject({ code: "AA" });
    expect(await exams()).toMatchObject([{ state: "searching" }]);
    expect((await store.timeline({ examId: 1 })).map(({ kind }) => kind)).toEqual([
      "report-received",
      "report-repeated",
    ]);
  });

  it("takes a document that says something else as sent again, and says so", async () => {
    await send({}, { controlId: "M1" });
    await send({ title: "Compte rendu corrigé" }, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state: "searching" }]);
    expect((await store.timeline({ examId: 1 })).map(({ kind }) => kind)).toEqual([
      "report-received",
      "report-received",
    ]);
  });

  it.each([
    ["no longer for the DMP", { flags: { DESTDMP: "N" } }, "closed", "SOURCE_NOT_FOR_DMP"],
    ["now secret", { flags: { CONNEXION_SECRETE: "Y" } }, "parked", "SOURCE_SECRET_CONNECTION"],
    ["no longer qualified", { patient: { identityStatus: ["PROV"] } }, "parked", "SOURCE_INS_NOT_QUALIFIED"],
  ] as const)("sees that the same document is %s", async (_what, changes, state, code) => {
    await send({}, { controlId: "M1" });
    await send(changes, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state, code }]);
  });

  it("looks again at a published exam whose report comes back with other flags, and not at one that is only repeated", async () => {
    await send({}, { controlId: "M1" });
    const exam = (await store.exam({ id: 1 })) as Exam;
    const event = { at: new Date(), kind: "published" };
    await store.advanceExam({ examId: 1, revision: exam.revision, to: "published", attempts: 0, event });
    await send({}, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state: "published", code: undefined }]);
    await send({ flags: { MASQUE_PS: "Y" } }, { controlId: "M3" });
    expect(await exams()).toMatchObject([{ state: "searching" }]);
  });

  it("prepares again an exam that was being sent when its report changed", async () => {
    await send({}, { controlId: "M1" });
    const exam = (await store.exam({ id: 1 })) as Exam;
    const event = { at: new Date(), kind: "prepared" };
    await store.advanceExam({ examId: 1, revision: exam.revision, to: "publishing", attempts: 0, event });
    await send({}, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state: "publishing" }]);
    await send({ flags: { MASQUE_PS: "Y" } }, { controlId: "M3" });
    expect(await exams()).toMatchObject([{ state: "searching" }]);
  });

  it("parks the exams that a corrected report no longer names", async () => {
    const studies = [sandboxStudy(), sandboxStudy({ studyInstanceUID: "2.25.2" })];
    await send({ studies }, { controlId: "M1" });
    await send({ studies: studies.slice(0, 1) }, { controlId: "M2" });
    expect(await exams()).toMatchObject([
      { state: "parked", code: "SOURCE_STUDY_WITHDRAWN", study: "2" },
      { state: "searching", study: "1" },
    ]);
  });

  it("holds one exam for a study, whichever structures report on it", async () => {
    await send({}, { controlId: "M1" });
    await send({ id: { root: "2.25.7" }, structure: { id: "1690088888" } }, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state: "parked", code: "SOURCE_STRUCTURES_DIFFER" }]);
  });

  it("joins two reports of one patient on one study, with the accession numbers of both", async () => {
    await send({}, { controlId: "M1" });
    const accession = { root: "2.25.9", extension: "ACC-2" };
    await send({ id: { root: "2.25.7" }, studies: [sandboxStudy({ accession })] }, { controlId: "M2" });
    const [exam] = await store.exams({ limit: 10 });
    expect(exam).toMatchObject({ state: "searching", accessions: ["ACC-26-0001", "ACC-2"] });
  });

  it("parks an exam that two reports claim for two patients, with both identifiers", async () => {
    await send({}, { controlId: "M1" });
    const other = {
      ins: { matricule: "285017500000130", oid: "1.2.250.1.213.1.4.10" },
      localIds: [{ value: "P0002", oid: "2.25.10" }],
    };
    await send({ id: { root: "2.25.7" }, patient: other }, { controlId: "M2" });
    expect(await store.exam({ id: 1 })).toMatchObject({
      state: "parked",
      code: "SOURCE_REPORTS_DISAGREE",
      compared: { first: expect.stringContaining("P0001"), second: expect.stringContaining("P0002") },
    });
  });

  it("takes up a parked exam again when its report comes back with a qualified identity", async () => {
    await send({ patient: { identityStatus: ["PROV"] } }, { controlId: "M1" });
    expect(await exams()).toMatchObject([{ state: "parked", code: "SOURCE_INS_NOT_QUALIFIED" }]);
    await send({}, { controlId: "M2" });
    expect(await exams()).toMatchObject([{ state: "searching", code: undefined }]);
  });

  it("closes an exam whose report is not for the DMP", async () => {
    expect(await send({ flags: { DESTDMP: "N" } }, { controlId: "M1" })).toMatchObject({ code: "AA" });
    expect(await exams()).toMatchObject([{ state: "closed" }]);
  });

  it.each(["ORU", "MDM"] as const)(
    "closes an exam whose report is deleted before it was published (%s)",
    async (family) => {
      await send({}, { controlId: "M1", family });
      expect(await send({}, { controlId: "M2", family, action: "delete" })).toMatchObject({ code: "AA" });
      expect(await exams()).toMatchObject([{ state: "closed", code: "SOURCE_REPORT_DELETED" }]);
      expect((await store.timeline({ examId: 1 })).map(({ kind }) => kind)).toEqual([
        "report-received",
        "report-deleted",
      ]);
    },
  );

  it("refuses what is no CDA, a report without a study, and a study that is no UID", async () => {
    const bodies = [
      { cda: Buffer.from("Document médical"), condition: "102" },
      { cda: undefined, studies: [], condition: "101" },
      { cda: undefined, studies: [sandboxStudy({ studyInstanceUID: "7F3A-21" })], condition: "102" },
    ];
    for (const [index, { cda, studies, condition }] of bodies.entries()) {
      const options = { controlId: `M${index}`, ...(cda && { cda }) };
      expect(await send(studies === undefined ? {} : { studies }, options)).toMatchObject({ code: "AE", condition });
    }
  });

  it("answers AR when it cannot keep the message, so that the sender tries again", async () => {
    await opener.stop();
    await store.close();
    const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M1" });
    expect((await accept(bytes, peer)).toString()).toMatch(/\rMSA\|AR\|M1\rERR\|.*\|207\^.*STORE_UNAVAILABLE/);
    store = await openStore(join(folder, "box.db"));
    opener.start();
  });
});
