/** Patients who do not exist, each with traits that no other has, their orders, and the images that a PACS holds. */
import { derivedUID } from "../../appliance/dicom/index.ts";
import { SITE } from "../../scripts/sandbox/pki.ts";
import type { SandboxPatient } from "../../scripts/sandbox/ris/report.ts";
import {
  buildReportMessage,
  INS_TEST_OID,
  type MessageOptions,
  type ReportChanges,
  SANDBOX_ROOT,
  type SandboxStudy,
  sandboxReport,
  sandboxStudy,
} from "../../scripts/sandbox/ris.ts";
import { type StudyOptions, type SyntheticStudy, syntheticStudy } from "../../scripts/sandbox/studies.ts";

export interface Person extends SandboxPatient {
  readonly ipp: string;
  readonly ins: { readonly matricule: string; readonly oid: string };
}

/** The `number`th patient (1 to 999,999). */
export function person(number: number): Person {
  const digits = String(number).padStart(6, "0");
  const nir = `2850399${digits}`;
  const letters = [...digits].map((digit) => "BCDFGHJKLM"[Number(digit)]).join("");
  const ipp = `IPP-${digits}`;
  return {
    ipp,
    ins: { matricule: `${nir}${String(97 - (Number(nir) % 97)).padStart(2, "0")}`, oid: INS_TEST_OID },
    localIds: [{ value: ipp, oid: `${SANDBOX_ROOT}.10` }],
    birthFamily: `ESSAI${letters}`,
    birthGiven: `LUCIE${letters}`,
    birthGivenNames: `LUCIE${letters} MARIE`,
    usedFamily: `EPREUVE${letters}`,
    usedGiven: `LUCIE${letters}`,
    birthDate: new Date(Date.UTC(1930, 0, 1 + (number % 25_000))).toISOString().slice(0, 10).replaceAll("-", ""),
    sex: "F",
    birthPlaceCode: "99999",
    identityStatus: ["VALI"],
  };
}

/** The patient identifier of the national record. */
export function recordOf({ ins }: Person): string {
  return `${ins.matricule}^^^&${ins.oid}&ISO^NH`;
}

/** An exam that was ordered; `name` tells it from the others. */
export function order(name: string): SandboxStudy {
  return sandboxStudy({
    studyInstanceUID: derivedUID(`study ${name}`),
    accession: { root: `${SANDBOX_ROOT}.11`, extension: `ACC-${name}` },
    order: { root: `${SANDBOX_ROOT}.12`, extension: `ORD-${name}` },
  });
}

/** The images of an exam, as the PACS files them. */
export function images(patient: Person, study: SandboxStudy, filed: Partial<StudyOptions> = {}): SyntheticStudy {
  return syntheticStudy({
    studyInstanceUID: study.studyInstanceUID,
    patientID: patient.ipp,
    patientName: `${patient.usedFamily}^${patient.usedGiven}`,
    birthDate: patient.birthDate,
    accessionNumber: study.accession.extension,
    series: [{ kind: "CT", images: 2 }],
    ...filed,
  });
}

/** What the `number`th version (from 2) of the report `name` says of itself; each is sent a minute after the one before. */
export function versionOf(name: string, number: number): ReportChanges {
  const id = (version: number) => ({
    root: derivedUID(version === 1 ? `report ${name}` : `report ${name} ${version}`),
  });
  const time = new Date(Date.UTC(2026, 10, 24, 9, 15 + number));
  return {
    id: id(number),
    setId: { root: derivedUID(`set ${name}`) },
    versionNumber: number,
    replaces: id(number - 1),
    time,
  };
}

/** A report on `studies`, as the message that a RIS sends; its control id is its name. */
export function reportMessage(
  patient: Person,
  studies: readonly SandboxStudy[],
  name: string,
  options: Partial<MessageOptions> & { readonly changes?: ReportChanges } = {},
): Buffer {
  const { changes, ...rest } = options;
  const report = sandboxReport({
    id: { root: derivedUID(`report ${name}`) },
    setId: { root: derivedUID(`set ${name}`) },
    studies,
    structure: { id: SITE.id, name: SITE.name },
    ...changes,
    patient: { ...patient, ...changes?.patient },
  });
  return buildReportMessage(report, { family: "ORU", controlId: name, ...rest });
}
