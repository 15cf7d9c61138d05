/** What the link of a report opens: the archive and the PACS must agree with it, and nobody learns where they do not. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { derivedUID } from "../../../appliance/dicom/index.ts";
import { type FoundStudy, pacsErrors } from "../../../appliance/pacs/index.ts";
import { createReader } from "../../../appliance/source/intake/reader.ts";
import { createLinks, type ExamLink } from "../../../appliance/source/link/links.ts";
import type { Exam, StoredMessage } from "../../../appliance/store/index.ts";
import { buildRejectionNote, TITLES } from "../../../scripts/sandbox/rejection-note.ts";
import { SANDBOX_ROOT } from "../../../scripts/sandbox/ris.ts";
import { order, person, reportMessage, versionOf } from "../../faults/people.ts";

const patient = person(1);
const [study, other] = [order("26-1"), order("26-2")] as const;
const CT = "1.2.840.10008.5.1.4.1.1.2";
const documentId = derivedUID("report R1");
const link: ExamLink = {
  studyInstanceUID: study.studyInstanceUID,
  accessionNumber: study.accession.extension,
  documentId,
};
const reader = createReader({ defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment: "test" });
afterAll(() => reader.close());

let exam: Exam | undefined;
let documents: string[];
let messages: StoredMessage[];
let notes: StoredMessage[];
let found: FoundStudy | Error | undefined;
let asked: string[];

const messageOf = (bytes: Uint8Array, id: number, kind: StoredMessage["kind"] = "hl7"): StoredMessage => ({
  ...{ id, kind, bytes, receivedAt: new Date(), peer: "127.0.0.1" },
});
const series = ["1", "2"].map((number) => ({
  seriesInstanceUID: `${study.studyInstanceUID}.${number}`,
  modality: "CT",
  instances: [{ sopClassUID: CT, sopInstanceUID: `${study.studyInstanceUID}.${number}.1` }],
}));
const inPacs: FoundStudy = {
  studyInstanceUID: study.studyInstanceUID,
  patientID: patient.ipp,
  accessionNumber: study.accession.extension,
  pacs: "PACS 1",
  series,
};

beforeEach(() => {
  exam = {
    id: 7,
    structure: "1750099999",
    studyInstanceUID: study.studyInstanceUID,
    accessions: [study.accession.extension],
    ipp: patient.ipp,
    record: "present",
    withheld: false,
  } as unknown as Exam;
  documents = [documentId];
  messages = [messageOf(reportMessage(patient, [study], "R1"), 1)];
  notes = [];
  found = inPacs;
  asked = [];
});

function ask<Answer>(what: string, answer: Answer): Promise<Answer> {
  asked.push(what);
  return Promise.resolve(answer);
}
const links = createLinks({
  reader,
  environment: "test",
  domains: [{ pacs: "PACS 1", patient: [], accession: [] }],
  store: {
    examOfStudy: ({ studyInstanceUID }) => ask("exam", studyInstanceUID === exam?.studyInstanceUID ? exam : undefined),
    documentsOfExam: ({ examId }) => ask("documents", examId === exam?.id ? documents : []),
    messagesOfExam: () => ask("messages", messages),
    messagesEnding: () => ask("ending", []),
    reportsSetAside: () => ask("aside", []),
    evidenceOfStudy: () => ask("evidence", notes),
  },
  pacs: {
    async findStudy() {
      asked.push("pacs");
      if (found instanceof Error) throw found;
      return found;
    },
  },
});
const signal = new AbortController().signal;
const open = (changes: Partial<ExamLink> = {}) => links.open({ ...link, ...changes }, signal);
const incoherent = (why: string) => expect.objectContaining({ code: "SOURCE_LINK_INCOHERENT", details: { why } });

describe("the link of a report in force", () => {
  it("opens its exam, as the PACS lists it", async () => {
    expect(await open()).toEqual({
      examId: 7,
      structure: "1750099999",
      patients: [{ id: patient.ins.matricule, authority: patient.ins.oid }],
      study: inPacs,
    });
  });

  it.each([
    ["the number alone", study.accession.extension],
    ["after the OID of its authority", `${study.accession.root}.${study.accession.extension}`],
  ])("may say the accession number as %s", async (_, accessionNumber) => {
    expect((await open({ accessionNumber })).examId).toBe(7);
  });

  it("may name one of its series", async () => {
    expect((await open({ seriesInstanceUID: `${study.studyInstanceUID}.2` })).examId).toBe(7);
    await expect(open({ seriesInstanceUID: "1.2.3" })).rejects.toEqual(incoherent("series"));
  });

  it("opens it before the record has taken it: a patient has the report in hand at once", async () => {
    exam = { ...exam, record: "absent", state: "publishing" } as Exam;
    expect((await open()).examId).toBe(7);
  });

  it("shows none of what was rejected", async () => {
    const reject = (which: typeof series) =>
      messageOf(
        buildRejectionNote({
          title: TITLES["patient-safety"],
          patientID: patient.ipp,
          studyInstanceUID: study.studyInstanceUID,
          evidence: which,
        }).bytes,
        9,
        "dicom",
      );
    notes = [reject(series.slice(0, 1))];
    expect((await open()).study.series.map(({ seriesInstanceUID }) => seriesInstanceUID)).toEqual([
      `${study.studyInstanceUID}.2`,
    ]);
    notes = [reject(series)];
    await expect(open()).rejects.toMatchObject({ code: "SOURCE_LINK_NO_IMAGES" });
  });

  it("that another box published opens by what was imported", async () => {
    messages = [];
    expect(await open()).toMatchObject({ examId: 7, patients: [{ id: patient.ipp }] });
    expect((await open({ accessionNumber: `1.2.${study.accession.extension}` })).examId).toBe(7);
    found = { ...inPacs, patientID: "another" };
    await expect(open()).rejects.toEqual(incoherent("SOURCE_IPP_MISMATCH"));
    found = inPacs;
    for (const changes of [{ withheld: true }, { withheld: false, record: "absent" as const }]) {
      exam = { ...exam, ...changes } as Exam;
      await expect(open()).rejects.toEqual(incoherent("withdrawn"));
    }
  });
});

describe("an imported exam", () => {
  it.each<[string, string | undefined, string | undefined, boolean]>([
    ["neither", undefined, undefined, true],
    ["only the archive", "1.2.3", undefined, true],
    ["only the PACS", undefined, "1.2.3", true],
    ["both, alike,", "1.2.3", "1.2.3", true],
    ["both, each another,", "1.2.3", "1.2.4", false],
  ])("of which %s says whose the patient's number is", async (_, ippOid, issuer, opens) => {
    messages = [];
    exam = { ...exam, ...(ippOid !== undefined && { ippOid }) } as Exam;
    found = { ...inPacs, ...(issuer !== undefined && { patientIDIssuerOID: issuer }) };
    if (opens) expect((await open()).examId).toBe(7);
    else await expect(open()).rejects.toEqual(incoherent("SOURCE_IPP_MISMATCH"));
  });
});

describe("a link that does not match", () => {
  it.each<[string, Partial<ExamLink>, string]>([
    ["an unknown study", { studyInstanceUID: "2.25.1" }, "study"],
    ["another document", { documentId: "2.25.1" }, "document"],
    ["another document with this root", { documentId: `${documentId}^1` }, "document"],
    ["another accession number", { accessionNumber: "ACC-9" }, "accession"],
    ["a part of the accession number", { accessionNumber: study.accession.extension.slice(1) }, "accession"],
  ])("by %s is refused after the same two questions, and none to the PACS", async (_, changes, why) => {
    await expect(open(changes)).rejects.toEqual(incoherent(why));
    expect(asked).toEqual(["exam", "documents"]);
    await expect(links.find({ ...link, ...changes })).rejects.toEqual(incoherent(why));
  });

  it("by the OID of another authority is refused before the PACS is asked", async () => {
    const accessionNumber = `${SANDBOX_ROOT}.99.${study.accession.extension}`;
    await expect(open({ accessionNumber })).rejects.toEqual(incoherent("accession"));
    expect(asked).not.toContain("pacs");
  });

  it.each<[string, () => void, string]>([
    ["was replaced", () => replaced(), "replaced"],
    ["was deleted", () => deleted(), "SOURCE_REPORT_DELETED"],
    ["a person holds back", () => withheld(), "SOURCE_WITHHELD"],
    ["is not for the record", () => notForRecord(), "SOURCE_NOT_FOR_DMP"],
  ])("because the report %s is refused before the PACS is asked", async (_, change, why) => {
    change();
    await expect(open()).rejects.toEqual(incoherent(why));
    expect(asked).not.toContain("pacs");
  });

  it.each<[string, Partial<FoundStudy>, string]>([
    ["of another patient", { patientID: "IPP-9" }, "SOURCE_IPP_MISMATCH"],
    ["under another accession number", { accessionNumber: "ACC-9" }, "SOURCE_ACCESSION_MISMATCH"],
  ])("because the images are %s is refused alike", async (_, changes, why) => {
    found = { ...inPacs, ...changes };
    await expect(open()).rejects.toEqual(incoherent(why));
  });

  it("by the number of the report's other exam is refused: each number goes with its own study", async () => {
    messages = [messageOf(reportMessage(patient, [study, other], "R1"), 1)];
    exam = { ...exam, accessions: [study.accession.extension, other.accession.extension] } as Exam;
    expect((await open()).examId).toBe(7);
    await expect(open({ accessionNumber: other.accession.extension })).rejects.toEqual(
      incoherent("SOURCE_ACCESSION_MISMATCH"),
    );
  });

  it("learns of the PACS only when the archive agrees with it", async () => {
    found = pacsErrors.fault("PACS_UNREACHABLE", { details: { pacs: "PACS 1", reason: "ECONNREFUSED" } });
    await expect(open()).rejects.toMatchObject({ code: "PACS_UNREACHABLE" });
    await expect(open({ documentId: "2.25.1" })).rejects.toEqual(incoherent("document"));
    found = undefined;
    await expect(open()).rejects.toMatchObject({ code: "SOURCE_LINK_NO_IMAGES" });
    await expect(open({ accessionNumber: "ACC-9" })).rejects.toEqual(incoherent("accession"));
  });
});

function replaced() {
  const next = reportMessage(patient, [study], "R2", { action: "replace", changes: versionOf("R1", 2) });
  messages = [...messages, messageOf(next, 2)];
  documents = [documentId, derivedUID("report R1 2")];
}

function withheld() {
  exam = { ...exam, withheld: true } as Exam;
}

function deleted() {
  const last = reportMessage(patient, [study], "R1", { action: "delete" });
  messages = [...messages, messageOf(last, 2)];
}

function notForRecord() {
  messages = [messageOf(reportMessage(patient, [study], "R1", { changes: { flags: { DESTDMP: "N" } } }), 1)];
}
