/**
 * Every official message and report of the samples, sent to a whole box, with the answer and the end state that the
 * profile demands. The PACS is Orthanc, then dcmqrscp; the DMP is the strict stand-in.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReportHeader } from "../../appliance/cda/index.ts";
import { readManifest } from "../../appliance/kos/index.ts";
import type { ExamAnswer, ExamFacts } from "../../scripts/lib/local-api.ts";
import type { RegisteredDocument } from "../../scripts/sandbox/dmp/index.ts";
import { buildReportMessage, type MessageOptions, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { archive, everyKind, type TestStudy } from "../pacs/studies.ts";
import { type DicomPeer, startDcmqrscp, startOrthanc } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const samples = sharedSamples();
const missing = ["Orthanc", "dcmqrscp", "storescu"].filter((command) => !hasCommand(command));
const skipped =
  samples === undefined ? " (skipped: ../shared is absent)" : missing.length > 0 ? ` (skipped: no ${missing})` : "";

/** What becomes of a message as it is published: none of them can be published in the DMP, each for its own reason. */
interface Row {
  readonly files: readonly string[];
  /** MSA-1, and ERR-3 of a refusal. */
  readonly answer: "AA" | `AE ${number}`;
  /** The state of the exam that it concerns; no exam is touched when absent. */
  readonly end?: string;
  readonly why: string;
}

const MDM = "hl7v2/mdm-imaging-v2.1";
const CONSENT = "hl7v2/pam-fr";

const messages: readonly Row[] = [
  {
    files: [`${MDM}/initial/message_MDM_CR_Radio_INIT_N1_Base64.er7`],
    answer: "AA",
    end: "parked SOURCE_IPP_MISSING",
    why: "understood, but neither PID-3 nor the report has a local identifier, the study id has an extension, the connection is secret",
  },
  {
    files: [`${MDM}/replace/message_MDM_CR_Radio_RPLC_N1.er7`],
    answer: "AA",
    end: "parked SOURCE_IPP_MISSING",
    why: "the next version of that report, with the same gaps",
  },
  {
    files: [`${MDM}/delete/message_MDM_CR_Radio_DEL_N1.er7`],
    answer: "AA",
    end: "closed SOURCE_REPORT_DELETED",
    why: "it takes that version back; nothing was published, so nothing is withdrawn",
  },
  {
    files: [
      `${MDM}/initial/message_MDM_CR_Radio_INIT_N1.er7`,
      ...["INIT", "RPLC", "DEL"].map((one) => `hl7v2/mdm-imaging-v2.0/message_MDM_CR_Radio_${one}_N1.er7`),
    ],
    answer: "AE 102",
    why: "OBX-5 holds a sentence, not a CDA",
  },
  {
    files: [
      "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7",
      "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N1_N3.hl7",
      "hl7v2/oru-v2.1/replace/message_ORU_CR_Bio_RPLC_N3_SEGUR.hl7",
      "hl7v2/oru-v2.1/replace/message_ORU_CR_Bio_RPLC_N1_N3.er7",
      "hl7v2/oru-v2.1/delete/message_ORU_CR_Bio_DEL_N3_SEGUR.hl7",
      "hl7v2/oru-v2.1/delete/message_ORU_CR_Bio_DEL_N1_N3.er7",
    ],
    answer: "AE 103",
    why: "biology is not for a DRIMbox, whatever is done with it",
  },
  {
    files: ["hl7v2/v1.2/MDM/message.hl7", "hl7v2/v1.2/ORU/message.hl7"],
    answer: "AE 199",
    why: "profile 1.2: ERR-5 is 900, wrong profile version",
  },
  {
    files: ["hl7v2/mss-to-lps-v1.1/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7"],
    answer: "AE 199",
    why: "secure mail to a practice: another profile",
  },
  {
    files: ["Z01_reception_DMP", "Z02_reception_MSS", "Z03_lecture_MSS"].map((one) => `hl7v2/zam-v2.1/${one}.hl7`),
    answer: "AE 200",
    why: "business acknowledgements are not for a DRIMbox",
  },
  {
    files: [`${CONSENT}/admission.er7`, `${CONSENT}/sortie.er7`],
    answer: "AE 200",
    why: "patient management is not for a DRIMbox",
  },
  {
    files: [
      "ConsentementConsultation_NonOppositionAlimentation",
      "NonConsentementConsultation_NonOppositionAlimentation",
      "NonConsentementConsultation_OppositionAlimentation",
      "NonRecueillieConsentementConsultation_NonOppositionAlimentation",
      "NonRecueillieConsentementConsultation_NonRecueillieOppositionAlimentation",
    ].map((one) => `${CONSENT}/${one}.er7`),
    answer: "AE 200",
    why: "consent is for the RIS, which says DESTDMP = N when there is none",
  },
  {
    files: [
      `${MDM}/replace/ack.er7`,
      `${MDM}/delete/ack.er7`,
      "hl7v2/oru-v2.1/initial/ack.hl7",
      "hl7v2/oru-v2.1/replace/ack.er7",
      "hl7v2/oru-v2.1/delete/ack.er7",
      "hl7v2/v1.2/MDM/ack.hl7",
      "hl7v2/v1.2/ORU/ack.hl7",
    ],
    answer: "AE 200",
    why: "an acknowledgement is an answer, not a message",
  },
  {
    files: ["ans-demonstrator/patient1.hl7"],
    answer: "AE 100",
    why: "it has neither PID nor prefix in OBX-5: a readable refusal",
  },
];

const RIS_N1 = "cda/ris-n1-2022.01";
/** The life of one report as it is published, wrapped by this test. */
const life = {
  create: `${RIS_N1}/transmission_initiale_cr_imagerie.xml`,
  replace: `${RIS_N1}/remplacement_cr_imagerie.xml`,
  delete: `${RIS_N1}/suppression_cr_imagerie.xml`,
} as const;

/** Reports that replace one we never had: each study of theirs gets its first manifest. */
const replacements = [
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01.xml",
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml",
] as const;

/** Requests for imaging, which are no reports. */
const requests = [
  "Radiographie_Echographie_SeinThorax",
  "Radiographie_IRM_Genou",
  "Scanner_Crane_ThoraxAbdomenPelvis",
].map((name) => `cda/img-da-2024.01/IMG-DA-IMG_2024.01_${name}.xml`);

const bytesOf = (file: string) => readFileSync(join(samples as string, file));
const header = (file: string) => readReportHeader(bytesOf(file), { timeZone: "Europe/Paris" });

it.skipIf(samples === undefined)("no official message or report is left out (skipped when ../shared is absent)", () => {
  const rows = [...messages.flatMap(({ files }) => files), ...Object.values(life), ...replacements, ...requests];
  const found = ["hl7v2", "cda"].flatMap((folder) =>
    readdirSync(join(samples as string, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    ),
  );
  // The CDA beside the messages of hl7v2 are those that the messages carry.
  const wanted = found.filter((name) => /\.(er7|hl7)$/.test(name) || /^cda\/.*\.xml$/.test(name));
  expect(wanted.filter((name) => !rows.includes(name))).toEqual([]);
});

describe.skipIf(skipped !== "")(`the official samples${skipped}`, () => {
  const manifests = new Map<string, unknown>();

  describe.each(["Orthanc", "dcmqrscp"] as const)("with %s", (kind) => {
    let pacs: DicomPeer;
    let site: Site;
    let sent = 0;
    const folder = mkdtempSync(join(tmpdir(), "official-"));

    beforeAll(async () => {
      const reports = [life.create, ...replacements];
      pacs = kind === "Orthanc" ? await startOrthanc() : await startDcmqrscp();
      for (const study of reports.flatMap(studiesOf)) await archive(study, pacs);
      const structures = new Map(
        reports.map((file) => {
          const { id, name = "" } = header(file).legalAuthenticator?.organization ?? {};
          return [id?.extension as string, { id: id?.extension as string, name }];
        }),
      );
      const settings = { source: { retryFirstSeconds: 0.5 }, dmp: { perMinute: 60_000 } };
      site = await startSite({ folder, pacs: [pacs], structures: [...structures.values()], settings });
    });
    afterAll(async () => {
      await site?.stop();
      await pacs?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Sends a report as the message that a RIS makes of it, each a minute after the other. */
    async function send(file: string, options: Pick<MessageOptions, "family" | "action" | "fields">): Promise<string> {
      sent += 1;
      const time = new Date(Date.UTC(2026, 10, 24, 9, sent));
      return site.send(wrap(file, { ...options, controlId: `${kind}-${sent}` }, time));
    }

    describe.each(messages)("$answer $end, $why", ({ files, answer, end }) => {
      it.each(files)("%s", async (file) => {
        const before = await timelines(site);
        const ack = await site.send(asSent(bytesOf(file)));
        expect(verdict(ack), ack).toBe(answer);
        if (end === undefined) {
          expect(await timelines(site)).toEqual(before);
          expect(segment(ack, "ERR")[8]?.length).toBeGreaterThan(10);
          return;
        }
        await expect.poll(async () => (await timelines(site)).length, { timeout: 5000 }).toBe(before.length + 1);
        const [exam] = await listExams(site);
        expect(`${exam?.state} ${exam?.code}`).toBe(end);
        const { facts } = (await timelines(site)).at(-1) ?? {};
        const others = ["SOURCE_STUDY_EXTENSION", "SOURCE_SECRET_CONNECTION"];
        expect(facts?.others ?? []).toEqual(exam?.state === "parked" ? expect.arrayContaining(others) : []);
      });
    });

    describe.each(["ORU", "MDM"] as const)("the life of a report as %s", (family) => {
      const [{ studyInstanceUID = "" } = {}] = samples === undefined ? [] : header(life.create).serviceEvents;
      const held = () => site.dmp.approvedManifests(studyInstanceUID);
      const deeds = () => site.dmp.history(studyInstanceUID).map(({ action }) => action);

      it("begins with a manifest", async () => {
        expect(verdict(await send(life.create, { family }))).toBe("AA");
        await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "published");
        expect(deeds().at(-1)).toBe("provide");
        compareWith(manifests, studyInstanceUID, held());
      });

      it("goes on with another in its place", async () => {
        const [first] = held();
        const before = deeds().length;
        expect(verdict(await send(life.replace, { family, action: "replace" }))).toBe("AA");
        await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "published" && deeds().length > before);
        expect(deeds().slice(before)).toEqual(["replace"]);
        expect(held()).toHaveLength(1);
        expect(held()[0]).toMatchObject({ replaces: first?.entryUUID, patientId: first?.patientId });
        expect(held()[0]?.uniqueId).not.toBe(first?.uniqueId);
        expect(site.dmp.documents().find(({ entryUUID }) => entryUUID === first?.entryUUID)?.status).toMatch(
          /Deprecated/,
        );
      });

      it("ends with none", async () => {
        const before = deeds().length;
        expect(verdict(await send(life.delete, { family, action: "delete" }))).toBe("AA");
        const { exam } = await site.examOf(studyInstanceUID, (view) => view.exam.state === "closed");
        expect(exam.code).toBe("SOURCE_REPORT_DELETED");
        expect(deeds().slice(before)).toEqual(["delete"]);
        expect(held()).toEqual([]);
      });
    });

    describe.each(replacements)("%s", (file) => {
      it.each(["ORU", "MDM"] as const)("as %s: one manifest for each study, published once", async (family) => {
        expect(verdict(await send(file, { family, action: "replace" }))).toBe("AA");
        for (const { studyInstanceUID } of studiesOf(file)) {
          await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "published");
          expect(site.dmp.history(studyInstanceUID).map(({ action }) => action)).toEqual(["provide"]);
          compareWith(manifests, studyInstanceUID, site.dmp.approvedManifests(studyInstanceUID));
        }
      });
    });

    describe.each(requests)("%s", (file) => {
      const type = "55115-0^Demande d'acte d'imagerie^LN";

      it("is refused as what it is", async () => {
        const fields = { "OBR-4": type, "OBX-3": type, "TXA-2": "55115-0" };
        expect(verdict(await send(file, { family: "ORU", fields }))).toBe("AE 103");
        expect(verdict(await send(file, { family: "MDM", fields }))).toBe("AE 103");
      });

      it("waits for a person when the message calls it a report: the document says that it is a request", async () => {
        const ack = await send(file, { family: "ORU" });
        expect(verdict(ack)).toBe("AA");
        const { studyInstanceUID = "" } = header(file).serviceEvents[0] ?? {};
        const { exam } = await site.examOf(studyInstanceUID, ({ timeline }) =>
          timeline.some(({ facts }) => facts?.controlId === segment(ack, "MSA")[2]),
        );
        expect(exam.state).toBe("parked");
        expect(exam.code).toBe("SOURCE_DOCUMENT_TYPE_MISMATCH");
      });
    });

    it("left no double", () => expect(site.dmp.doubles()).toEqual([]));
  });

  it("published the same manifests whichever PACS was asked", () => {
    expect(manifests.size).toBe([life.create, ...replacements].flatMap(studiesOf).length);
  });
});

/** One manifest stands, and says what the other PACS and the other kind of message made it say. */
function compareWith(manifests: Map<string, unknown>, study: string, held: readonly RegisteredDocument[]): void {
  expect(held).toHaveLength(1);
  const { sopInstanceUID: _, ...content } = readManifest(held[0]?.content as Buffer);
  const former = manifests.get(study);
  if (former === undefined) manifests.set(study, content);
  else expect(content).toEqual(former);
}

/** The studies that a report names, as a PACS that agrees with it holds them: every kind of object in each. */
function studiesOf(file: string): TestStudy[] {
  const { patient, orders, serviceEvents } = header(file);
  return serviceEvents.flatMap(({ studyInstanceUID }) => {
    if (studyInstanceUID === undefined) return [];
    const [order] = orders;
    const patientID = patient.localIds[0]?.value as string;
    return [{ ...everyKind(1), studyInstanceUID, patientID, accessionNumber: order?.accession?.extension as string }];
  });
}

/** The message that a RIS would send with this report: PID says what recordTarget says. */
function wrap(file: string, options: MessageOptions, time: Date): Buffer {
  const cda = bytesOf(file);
  const { id, replaces, patient } = header(file);
  const [parent] = options.action === undefined ? [] : replaces;
  const report = sandboxReport({
    id,
    time,
    ...(parent && { replaces: parent }),
    patient: {
      ins: patient.ins as { matricule: string; oid: string },
      localIds: patient.localIds.map(({ value, oid }) => ({ value, oid })),
      birthFamily: patient.birthName?.family as string,
      birthGiven: patient.birthName?.given as string,
      birthDate: patient.birthDate as string,
      sex: patient.sex as "F" | "M",
      birthPlaceCode: patient.birthPlaceCode as string,
    },
  });
  return buildReportMessage(report, { ...options, cda });
}

/** The samples are files: segments end with LF there, with CR on the wire. */
function asSent(file: Buffer): Buffer {
  return Buffer.from(file.toString("latin1").replaceAll("\r\n", "\r").replaceAll("\n", "\r"), "latin1");
}

function verdict(ack: string): string {
  const condition = segment(ack, "ERR")[3]?.split("^")[0];
  return [segment(ack, "MSA")[1], condition].filter((part) => part !== undefined).join(" ");
}

function segment(ack: string, name: string): string[] {
  const line = ack.split("\r").find((one) => one.startsWith(`${name}|`));
  return line?.split("|") ?? [];
}

/** Every line of every exam. */
async function timelines(site: Site): Promise<ExamAnswer["timeline"]> {
  const views = (await listExams(site)).map(async ({ id }) =>
    JSON.parse((await site.api("GET", `/exams/${id}`)).toString()),
  );
  return (await Promise.all(views)).flatMap(({ timeline }: ExamAnswer) => timeline);
}

async function listExams(site: Site): Promise<ExamFacts[]> {
  return (JSON.parse((await site.api("GET", "/exams?limit=500")).toString()) as { exams: ExamFacts[] }).exams;
}
