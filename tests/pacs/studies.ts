import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DataSet,
  ExplicitVRLittleEndian,
  type Tag,
  Tags,
  type VR,
  vrOf,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { run } from "../support/dicom-peers.ts";

/** One instance to be archived: attributes over those of its study and series. */
export interface TestSeries {
  readonly sopClassUID: string;
  readonly modality: string;
  readonly count: number;
  readonly description?: string;
  readonly bodyPart?: string;
  readonly numberOfFrames?: number;
}

export interface TestStudy {
  readonly studyInstanceUID: string;
  readonly patientID: string;
  readonly accessionNumber: string;
  readonly description: string;
  readonly series: readonly TestSeries[];
}

const CLASS = "1.2.840.10008.5.1.4.1.1.";

/** A study of every kind of object; `2.25.<number>` tells studies apart. */
export function everyKind(number: number): TestStudy {
  return {
    studyInstanceUID: `2.25.${number}`,
    patientID: `IPP-${number}`,
    accessionNumber: `ACC${number}`,
    description: "Scanner hépatique",
    series: [
      { sopClassUID: `${CLASS}2`, modality: "CT", count: 12, description: "Artériel 1 mm", bodyPart: "LIVER" },
      { sopClassUID: `${CLASS}4`, modality: "MR", count: 3, description: "T2 TSE" },
      { sopClassUID: `${CLASS}4.1`, modality: "MR", count: 1, description: "Diffusion", numberOfFrames: 40 },
      { sopClassUID: `${CLASS}88.67`, modality: "SR", count: 1, description: "Dose" },
      { sopClassUID: `${CLASS}11.1`, modality: "PR", count: 2 },
      { sopClassUID: `${CLASS}104.1`, modality: "DOC", count: 1, description: "Consentement" },
      { sopClassUID: `${CLASS}9.1.1`, modality: "ECG", count: 1 },
      { sopClassUID: `${CLASS}88.59`, modality: "KO", count: 1 },
    ],
  };
}

/** The instances of a study as Part 10 files, with little more than what a query can return. */
export function* files(study: TestStudy): Generator<Buffer> {
  for (const [index, series] of study.series.entries()) {
    const seriesInstanceUID = `${study.studyInstanceUID}.${index + 1}`;
    for (let number = 1; number <= series.count; number++) {
      const dataSet = new DataSet();
      const put = (tag: Tag, value: string | undefined, vr: VR = vrOf(tag)) => {
        if (value !== undefined) dataSet.set(tag, vr, value);
      };
      put(Tags.SpecificCharacterSet, "ISO_IR 100");
      put(Tags.SOPClassUID, series.sopClassUID);
      put(Tags.SOPInstanceUID, `${seriesInstanceUID}.${number}`);
      put(Tags.StudyDate, "20260115");
      put(Tags.StudyTime, "101500");
      put(Tags.AccessionNumber, study.accessionNumber);
      put(Tags.Modality, series.modality);
      put(Tags.ReferringPhysicianName, "MARTIN^PAUL");
      put(Tags.StudyDescription, study.description);
      put(Tags.SeriesDescription, series.description);
      put(Tags.PatientName, "PATIENT^TEST");
      put(Tags.PatientID, study.patientID);
      put(Tags.BodyPartExamined, series.bodyPart);
      put(Tags.StudyInstanceUID, study.studyInstanceUID);
      put(Tags.SeriesInstanceUID, seriesInstanceUID);
      put(Tags.StudyID, "1");
      put(Tags.SeriesNumber, String(index + 1));
      put(Tags.InstanceNumber, String(number));
      put(Tags.NumberOfFrames, series.numberOfFrames?.toString());
      yield writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian });
    }
  }
}

/** Sends a study to a PACS with DCMTK's `storescu`. */
export async function archive(study: TestStudy, peer: { host: string; port: number; aeTitle: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "study-"));
  try {
    let count = 0;
    for (const bytes of files(study)) await writeFile(join(folder, `${++count}.dcm`), bytes);
    const { code, output } = await run("storescu", [
      "-R",
      "-aec",
      peer.aeTitle,
      "+sd",
      peer.host,
      String(peer.port),
      folder,
    ]);
    if (code !== 0) throw new Error(`storescu: ${output}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
