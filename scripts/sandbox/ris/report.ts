/** What a sandbox RIS knows of one report: plain data, all of it invented. */

export interface SandboxId {
  readonly root: string;
  readonly extension?: string;
}

export interface SandboxCode {
  readonly code: string;
  readonly display: string;
  readonly system?: string;
}

export interface SandboxPatient {
  /** Absent: a patient without national identity. */
  readonly ins?: { readonly matricule: string; readonly oid: string };
  readonly localIds: readonly { readonly value: string; readonly oid: string }[];
  readonly birthFamily: string;
  readonly birthGiven: string;
  readonly birthGivenNames?: string;
  readonly usedFamily?: string;
  readonly usedGiven?: string;
  readonly birthDate: string;
  readonly sex: "M" | "F" | "UN";
  readonly birthPlaceCode: string;
  /** PID-32; `VALI` is the qualified identity. */
  readonly identityStatus: readonly string[];
}

export interface SandboxStudy {
  readonly studyInstanceUID: string;
  readonly accession: Required<SandboxId>;
  readonly order: Required<SandboxId>;
  /** DICOM modality (CID 29). */
  readonly modality: SandboxCode;
  /** SNOMED CT. */
  readonly region?: SandboxCode;
  /** LOINC. */
  readonly act: SandboxCode;
  readonly start: Date;
  readonly stop: Date;
}

export interface SandboxReport {
  readonly id: SandboxId;
  readonly setId: SandboxId;
  readonly versionNumber: number;
  /** The id of the version that this one replaces. */
  readonly replaces?: SandboxId;
  readonly title: string;
  readonly time: Date;
  readonly patient: SandboxPatient;
  readonly studies: readonly SandboxStudy[];
  readonly author: {
    /** PS_IdNat, prefix included. */
    readonly id: string;
    readonly family: string;
    readonly given: string;
    readonly specialty: SandboxCode;
  };
  readonly structure: {
    /** Struct_IdNat, prefix included. */
    readonly id: string;
    readonly name: string;
    readonly idType: string;
    readonly industryClass: SandboxCode;
    readonly facilityType: SandboxCode;
  };
  readonly visit: { readonly patientClass: string; readonly number: string };
  /** OBX-3.1 of the metadata, in the order of the profile. */
  readonly flags: Readonly<Record<string, "Y" | "N">>;
  /** The PDF of the body; a small one of our own when absent. */
  readonly pdf?: Uint8Array;
}

/** Every OID here hangs under one UUID drawn for this sandbox (2.25, ITU-T X.667): nobody else has it. */
export const SANDBOX_ROOT = "2.25.297714445201813951005081618742824398176";
/** The test OID of the INS; a production OID has no place in a sandbox. */
export const INS_TEST_OID = "1.2.250.1.213.1.4.10";

/** Top-level values replace; `patient`, `author`, `structure`, `visit` and `flags` are merged one level deep. */
export interface ReportChanges
  extends Partial<Omit<SandboxReport, "patient" | "author" | "structure" | "visit" | "flags">> {
  readonly patient?: Partial<SandboxPatient>;
  readonly author?: Partial<SandboxReport["author"]>;
  readonly structure?: Partial<SandboxReport["structure"]>;
  readonly visit?: Partial<SandboxReport["visit"]>;
  readonly flags?: Readonly<Record<string, "Y" | "N">>;
}

/** A complete report of a chest CT of Lucie Essai-Martin, who does not exist, with what the caller changes. */
export function sandboxReport(changes: ReportChanges = {}): SandboxReport {
  return {
    id: { root: `${SANDBOX_ROOT}.1.1` },
    setId: { root: `${SANDBOX_ROOT}.2.1` },
    versionNumber: 1,
    title: "Compte rendu de scanner thoracique",
    time: new Date("2026-11-24T09:15:00Z"),
    studies: [sandboxStudy()],
    ...changes,
    patient: {
      ins: { matricule: "285039999900196", oid: INS_TEST_OID },
      localIds: [{ value: "P0001", oid: `${SANDBOX_ROOT}.10` }],
      birthFamily: "ESSAI",
      birthGiven: "LUCIE",
      birthGivenNames: "LUCIE MARIE",
      usedFamily: "ESSAI-MARTIN",
      usedGiven: "LUCIE",
      birthDate: "19850312",
      sex: "F",
      birthPlaceCode: "99999",
      identityStatus: ["VALI"],
      ...changes.patient,
    },
    author: {
      id: "899900012345",
      family: "VÉLIN",
      given: "Rose",
      specialty: { code: "G15_10/SM44", display: "Médecin - Radio-diagnostic (SM)", system: "1.2.250.1.213.1.1.4.5" },
      ...changes.author,
    },
    structure: {
      id: "1750099999",
      name: "IMAGERIE DES TILLEULS",
      idType: "FINEG",
      industryClass: { code: "AMBULATOIRE", display: "Ambulatoire", system: "1.2.250.1.213.1.1.4.9" },
      facilityType: { code: "SA08", display: "Cabinet de groupe", system: "1.2.250.1.71.4.2.4" },
      ...changes.structure,
    },
    visit: { patientClass: "O", number: "V0001", ...changes.visit },
    flags: {
      MASQUE_PS: "N",
      INVISIBLE_PATIENT: "N",
      INVISIBLE_REP_LEGAUX: "N",
      CONNEXION_SECRETE: "N",
      MODIF_CONF_CODE: "N",
      DESTDMP: "Y",
      DESTMSSANTEPS: "N",
      DESTMSSANTEPAT: "N",
      ACK_RECEPTION: "N",
      ACK_LECTURE_MSS: "N",
      ...changes.flags,
    },
  };
}

/** A chest CT with its order and accession number, with what the caller changes. */
export function sandboxStudy(changes: Partial<SandboxStudy> = {}): SandboxStudy {
  return {
    studyInstanceUID: `${SANDBOX_ROOT}.20.1`,
    accession: { root: `${SANDBOX_ROOT}.11`, extension: "ACC-26-0001" },
    order: { root: `${SANDBOX_ROOT}.12`, extension: "ORD-77" },
    modality: { code: "CT", display: "Tomodensitométrie" },
    region: { code: "67734004", display: "thorax" },
    act: { code: "24627-2", display: "CT thorax" },
    start: new Date("2026-11-24T08:30:00Z"),
    stop: new Date("2026-11-24T08:45:00Z"),
    ...changes,
  };
}

/** An hour later the same report is written anew: next version of its set, with what the caller changes. */
export function nextVersion(report: SandboxReport, changes: Partial<SandboxReport> = {}): SandboxReport {
  const versionNumber = report.versionNumber + 1;
  return {
    ...report,
    id: { ...report.id, root: `${report.id.root}.${versionNumber}` },
    versionNumber,
    replaces: report.id,
    time: new Date(report.time.getTime() + 3_600_000),
    ...changes,
  };
}
