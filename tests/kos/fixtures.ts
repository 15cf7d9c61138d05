import type { ManifestInput, ManifestInstance, ManifestSeries } from "../../appliance/kos/index.ts";

/** SOP classes below 1.2.840.10008.5.1.4.1.1 that an imaging department meets, one of each kind. */
export const CLASSES = {
  CT: "1.2.840.10008.5.1.4.1.1.2",
  MR: "1.2.840.10008.5.1.4.1.1.4",
  EnhancedMR: "1.2.840.10008.5.1.4.1.1.4.1",
  SC: "1.2.840.10008.5.1.4.1.1.7",
  DoseSR: "1.2.840.10008.5.1.4.1.1.88.67",
  PresentationState: "1.2.840.10008.5.1.4.1.1.11.1",
  EncapsulatedPDF: "1.2.840.10008.5.1.4.1.1.104.1",
  TwelveLeadECG: "1.2.840.10008.5.1.4.1.1.9.1.1",
  KeyObjects: "1.2.840.10008.5.1.4.1.1.88.59",
  Private: "1.3.12.2.1107.5.9.1",
} as const;

export const STUDY = "2.25.1001";

export function instances(sopClassUID: string, seriesUID: string, count: number): ManifestInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    sopClassUID,
    sopInstanceUID: `${seriesUID}.${index + 1}`,
    instanceNumber: index + 1,
  }));
}

export function series(number: number, modality: string, sopClassUID: string, count = 1): ManifestSeries {
  const seriesInstanceUID = `${STUDY}.${number}`;
  return {
    seriesInstanceUID,
    modality,
    seriesNumber: number,
    instances: instances(sopClassUID, seriesInstanceUID, count),
  };
}

/** One CT series of three images, an invented patient with a test INS, and nothing optional missing. */
export function manifestInput(changes: Partial<ManifestInput> = {}): ManifestInput {
  return {
    study: {
      studyInstanceUID: STUDY,
      studyDate: "20260115",
      studyTime: "101500",
      studyID: "S1",
      description: "Scanner thorax",
      referringPhysicianName: "MARTIN^PAUL",
      series: [{ ...series(1, "CT", CLASSES.CT, 3), description: "Thorax 1 mm", bodyPart: "CHEST" }],
    },
    patient: {
      ins: { matricule: "260058815400233", oid: "1.2.250.1.213.1.4.10" },
      ipp: { value: "IPP-0001", oid: "1.2.250.1.999.1" },
      familyName: "PATIENT",
      givenName: "ALICE",
      birthDate: "19600512",
      sex: "F",
      birthPlaceCode: "88154",
    },
    requests: [
      {
        accession: { value: "7252295367250016", oid: "1.2.250.1.999.2" },
        placerOrder: { value: "ORDER-1", oid: "1.2.250.1.999.3" },
      },
    ],
    actName: "CT thorax",
    institution: { name: "Centre d'imagerie", id: "880000001" },
    manufacturer: "DRIMbox",
    retrieveBase: "https://box.example.fr/dicom-web-rs",
    timeZone: "Europe/Paris",
    createdAt: new Date("2026-01-15T11:00:00Z"),
    version: 1,
    ...changes,
  };
}

/** The same with another list of series. */
export function inputOf(list: readonly ManifestSeries[], changes: Partial<ManifestInput> = {}): ManifestInput {
  const input = manifestInput(changes);
  return { ...input, study: { ...input.study, series: list } };
}
