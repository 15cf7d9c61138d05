/**
 * Every official message and report of the samples, sent to a whole box, with the answer and the end state that the
 * profile demands. The PACS is Orthanc, then dcmqrscp; the DMP is the strict stand-in.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readReportHeader } from "../../appliance/cda/index.ts";
import { readManifest } from "../../appliance/kos/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { type Site, startSite } from "../../scripts/sandbox/site.ts";
import { archive, everyKind, type TestStudy } from "../pacs/studies.ts";
import { type DicomPeer, startDcmqrscp, startOrthanc } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const samples = sharedSamples();
const missing = ["Orthanc", "dcmqrscp", "storescu"].filter((command) => !hasCommand(command));
const skipped =
  samples === undefined ? " (skipped: ../shared is absent)" : missing.length > 0 ? ` (skipped: no ${missing})` : "";

interface Row {
  readonly file: string;
  /** MSA-1, and ERR-3 of a refusal. */
  readonly answer: "AA" | `AE ${number}`;
  /** The state of the exam it opens, and why. */
  readonly end?: string;
  readonly why: string;
}

/** Messages as they are published: none of them can be published in the DMP, each for its own reason. */
const messages: readonly Row[] = [
  {
    file: "hl7v2/mdm-imaging-v2.1/initial/message_MDM_CR_Radio_INIT_N1_Base64.er7",
    answer: "AA",
    end: "parked SOURCE_IPP_MISSING",
    why: "understood, but neither PID-3 nor the report has a local identifier, the study id has an extension, the connection is secret",
  },
  {
    file: "hl7v2/mdm-imaging-v2.1/initial/message_MDM_CR_Radio_INIT_N1.er7",
    answer: "AE 102",
    why: "OBX-5 holds a sentence, not a CDA",
  },
  {
    file: "hl7v2/mdm-imaging-v2.1/replace/message_MDM_CR_Radio_RPLC_N1.er7",
    answer: "AE 201",
    why: "a replacement comes with the next version",
  },
  {
    file: "hl7v2/mdm-imaging-v2.1/delete/message_MDM_CR_Radio_DEL_N1.er7",
    answer: "AE 201",
    why: "a deletion comes with the next version",
  },
  {
    file: "hl7v2/mdm-imaging-v2.0/message_MDM_CR_Radio_INIT_N1.er7",
    answer: "AE 102",
    why: "OBX-5 holds a sentence, not a CDA",
  },
  {
    file: "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7",
    answer: "AE 103",
    why: "biology is not for a DRIMbox",
  },
  {
    file: "hl7v2/oru-v2.1/initial/message_ORU_CR_Bio_INIT_N1_N3.hl7",
    answer: "AE 103",
    why: "biology is not for a DRIMbox",
  },
  { file: "hl7v2/v1.2/MDM/message.hl7", answer: "AE 199", why: "profile 1.2: ERR-5 is 900, wrong profile version" },
  { file: "hl7v2/v1.2/ORU/message.hl7", answer: "AE 199", why: "profile 1.2: ERR-5 is 900, wrong profile version" },
  {
    file: "hl7v2/mss-to-lps-v1.1/message_MDM__LPS_MSS_CR_Radio_INIT_N1.er7",
    answer: "AE 199",
    why: "secure mail to a practice: another profile",
  },
  {
    file: "hl7v2/zam-v2.1/Z01_reception_DMP.hl7",
    answer: "AE 200",
    why: "business acknowledgements are not for a DRIMbox",
  },
  {
    file: "hl7v2/zam-v2.1/Z02_reception_MSS.hl7",
    answer: "AE 200",
    why: "business acknowledgements are not for a DRIMbox",
  },
  {
    file: "hl7v2/zam-v2.1/Z03_lecture_MSS.hl7",
    answer: "AE 200",
    why: "business acknowledgements are not for a DRIMbox",
  },
  { file: "hl7v2/pam-fr/admission.er7", answer: "AE 200", why: "patient management is not for a DRIMbox" },
  {
    file: "ans-demonstrator/patient1.hl7",
    answer: "AE 203",
    why: "version 2.3.1, and neither PID nor prefix in OBX-5: a readable refusal",
  },
];

/** Reports as they are published, wrapped by this test: each study gets its manifest. */
const reports = [
  "cda/ris-n1-2022.01/transmission_initiale_cr_imagerie.xml",
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01.xml",
  "cda/img-cr-2024.01/IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml",
] as const;

const header = (file: string) =>
  readReportHeader(readFileSync(join(samples as string, file)), { timeZone: "Europe/Paris" });

describe.skipIf(skipped !== "")(`the official samples${skipped}`, () => {
  const manifests = new Map<string, unknown>();

  describe.each(["Orthanc", "dcmqrscp"] as const)("with %s", (kind) => {
    let pacs: DicomPeer;
    let site: Site;
    const folder = mkdtempSync(join(tmpdir(), "official-"));

    beforeAll(async () => {
      pacs = kind === "Orthanc" ? await startOrthanc() : await startDcmqrscp();
      for (const study of reports.flatMap(studiesOf)) await archive(study, pacs);
      const structures = [...new Set(reports.map((file) => header(file).legalAuthenticator?.organization))].map(
        (one) => ({
          id: one?.id?.extension as string,
          name: one?.name ?? "",
        }),
      );
      site = await startSite({ folder, pacs: [pacs], structures, settings: { source: { retryFirstSeconds: 0.5 } } });
    });
    afterAll(async () => {
      await site?.stop();
      await pacs?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it.each(messages)("$file: $answer, $why", async ({ file, answer, end }) => {
      const before = await examCount(site);
      const ack = await site.send(asSent(readFileSync(join(samples as string, file))));
      expect(verdict(ack), ack).toBe(answer);
      if (end === undefined) {
        expect(await examCount(site)).toBe(before);
        expect(
          ack
            .split("\r")
            .find((segment) => segment.startsWith("ERR"))
            ?.split("|")[8]?.length,
        ).toBeGreaterThan(10);
        return;
      }
      const exams = await waitForExams(site, before + 1);
      const { exam, timeline } = JSON.parse((await site.api("GET", `/exams/${exams[0]?.id}`)).toString());
      expect(`${exam.state} ${exam.code}`).toBe(end);
      expect(timeline[0].facts.others).toEqual(
        expect.arrayContaining(["SOURCE_STUDY_EXTENSION", "SOURCE_SECRET_CONNECTION"]),
      );
    });

    describe.each(reports)("%s", (file) => {
      it.each(["ORU", "MDM"] as const)(
        "as %s: accepted, one manifest for each study, published once",
        async (family) => {
          const cda = readFileSync(join(samples as string, file));
          const ack = await site.send(wrap(cda, family, `${file.length} ${family}`));
          expect(verdict(ack), ack).toBe("AA");
          for (const { studyInstanceUID } of studiesOf(file)) {
            const { timeline } = await site.examOf(studyInstanceUID, ({ exam }) => exam.state === "published");
            expect(timeline.map(({ kind: step }) => step)).toEqual(
              expect.arrayContaining(["report-received", "prepared", "published"]),
            );
            const copies = site.dmp
              .documents()
              .filter((one) => one.kind === "manifest" && one.studyInstanceUID === studyInstanceUID);
            expect(copies).toHaveLength(1);
            const { sopInstanceUID: _, ...content } = readManifest(copies[0]?.content as Buffer);
            const former = manifests.get(studyInstanceUID);
            if (former === undefined) manifests.set(studyInstanceUID, content);
            else expect(content).toEqual(former);
          }
        },
      );
    });
  });

  it("published the same manifests whichever PACS was asked", () => {
    expect(manifests.size).toBe(reports.flatMap(studiesOf).length);
  });
});

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
function wrap(cda: Buffer, family: "ORU" | "MDM", controlId: string): Buffer {
  const { id, patient } = readReportHeader(cda, { timeZone: "Europe/Paris" });
  const report = sandboxReport({
    id,
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
  return buildReportMessage(report, { family, controlId, cda });
}

/** The samples are files: segments end with LF there, with CR on the wire. */
function asSent(file: Buffer): Buffer {
  return Buffer.from(file.toString("latin1").replaceAll("\r\n", "\r").replaceAll("\n", "\r"), "latin1");
}

function verdict(ack: string): string {
  const fields = (name: string) =>
    ack
      .split("\r")
      .find((segment) => segment.startsWith(`${name}|`))
      ?.split("|") ?? [];
  const condition = fields("ERR")[3]?.split("^")[0];
  return [fields("MSA")[1], condition].filter((part) => part !== undefined).join(" ");
}

async function examCount(site: Site): Promise<number> {
  return (await listExams(site)).length;
}

async function waitForExams(site: Site, count: number): Promise<{ id: number }[]> {
  for (;;) {
    const exams = await listExams(site);
    if (exams.length >= count) return exams;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function listExams(site: Site): Promise<{ id: number }[]> {
  return (JSON.parse((await site.api("GET", "/exams?limit=500")).toString()) as { exams: { id: number }[] }).exams;
}
