/**
 * Synthetic studies: valid objects of invented patients, for the sandbox, the tests and the measurements. Every UID is
 * under 2.25 and follows from the study's, so that the same call gives the same study.
 */
import { derivedUID, newUID } from "../../appliance/dicom/index.ts";
import { encapsulatedPdf } from "./studies/document.ts";
import { ctSlice, mrSlice } from "./studies/image.ts";
import type { InstancePlan, SeriesPlan, SyntheticInstance, SyntheticPatient, SyntheticStudy } from "./studies/model.ts";
import { basicTextReport } from "./studies/report.ts";

export type { SeriesPlan, SyntheticInstance, SyntheticPatient, SyntheticStudy } from "./studies/model.ts";

export interface StudyOptions extends Partial<SyntheticPatient> {
  readonly studyInstanceUID?: string;
  readonly accessionNumber?: string;
  readonly studyID?: string;
  readonly description?: string;
  /** `YYYYMMDD` and `HHMMSS`. */
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly referringPhysicianName?: string;
  readonly series?: readonly SeriesPlan[];
}

/** A chest CT with its localizer. */
const CHEST_CT: readonly SeriesPlan[] = [
  { kind: "CT", images: 1, description: "Localisateur" },
  { kind: "CT", images: 8, description: "Thorax 5 mm" },
];

const makers = { CT: ctSlice, MR: mrSlice, SR: basicTextReport, PDF: encapsulatedPdf };

/** A study of a patient who does not exist, with what the caller changes; the pixels are drawn, never taken from anybody. */
export function syntheticStudy(options: StudyOptions = {}): SyntheticStudy {
  const studyInstanceUID = options.studyInstanceUID ?? newUID();
  const patient: SyntheticPatient = {
    patientID: options.patientID ?? "P0001",
    patientName: options.patientName ?? "ESSAI-MARTIN^LUCIE",
    birthDate: options.birthDate ?? "19850312",
    sex: options.sex ?? "F",
    ...(options.issuerOfPatientID === undefined ? {} : { issuerOfPatientID: options.issuerOfPatientID }),
  };
  const study = {
    studyInstanceUID,
    patient,
    accessionNumber: options.accessionNumber ?? "ACC-26-0001",
    studyID: options.studyID ?? "S0001",
    description: options.description ?? "Scanner thoracique",
    studyDate: options.studyDate ?? "20261124",
    studyTime: options.studyTime ?? "091500",
    referringPhysicianName: options.referringPhysicianName ?? "VÉLIN^ROSE",
  };
  const instances: SyntheticInstance[] = [];
  for (const [seriesIndex, series] of (options.series ?? CHEST_CT).entries()) {
    const seriesInstanceUID = derivedUID(`${studyInstanceUID} series ${seriesIndex}`);
    for (let index = 0; index < (series.images ?? 1); index += 1) {
      const plan: InstancePlan = {
        study,
        series,
        seriesInstanceUID,
        seriesNumber: seriesIndex + 1,
        sopInstanceUID: derivedUID(`${seriesInstanceUID} instance ${index}`),
        frameOfReferenceUID: derivedUID(`${studyInstanceUID} frame of reference`),
        index,
      };
      instances.push(makers[series.kind](plan));
    }
  }
  return { studyInstanceUID, instances };
}
