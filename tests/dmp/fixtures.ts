import { readFileSync } from "node:fs";
import type { Professional, ReportHeader } from "../../appliance/cda/index.ts";
import { createDmp, type DmpOptions, type SubmissionInput, type WithdrawalInput } from "../../appliance/dmp/index.ts";
import { type Credentials, loadCredentials } from "../../appliance/trust/index.ts";
import { type TestCertificate, testCertificate } from "../support/certificates.ts";

export const STRUCTURE = "1750099999";
export const LEGAL_ENTITY = "1750000001";

const radiologist: Professional = {
  id: { root: "1.2.250.1.71.4.2.1", extension: "899900012345" },
  name: { family: "MARTIN", given: "CLAIRE" },
  specialty: {
    code: "G15_10/SM44",
    codeSystem: "1.2.250.1.213.1.1.4.5",
    displayName: "Médecin - Radio-diagnostic (SM)",
    translations: [],
  },
  organization: {
    id: { root: "1.2.250.1.71.4.2.2", extension: STRUCTURE },
    name: "IMAGERIE DES TILLEULS",
    industryClass: {
      code: "AMBULATOIRE",
      codeSystem: "1.2.250.1.213.1.1.4.9",
      displayName: "Ambulatoire",
      translations: [],
    },
  },
};

export const header: ReportHeader = {
  id: { root: "2.25.1500" },
  templateIds: [],
  code: { code: "18748-4", codeSystem: "2.16.840.1.113883.6.1", translations: [] },
  effectiveTime: new Date("2026-01-12T11:00:00+01:00"),
  confidentialityCodes: ["N"],
  languageCode: "fr-FR",
  replaces: [],
  patient: {
    ins: { matricule: "285017500000130", oid: "1.2.250.1.213.1.4.10" },
    localIds: [{ value: "IPP1", oid: "1.2.250.1.999.1" }],
    birthName: { family: "DURAND", given: "ANNE" },
    usedName: { family: "D'ÉTÉ & FILS", given: "ANNE" },
    birthDate: "19850112",
    sex: "F",
    birthPlaceCode: "75115",
  },
  authors: [radiologist],
  legalAuthenticator: radiologist,
  orders: [
    {
      placerOrder: { root: "1.2.250.1.999.7.2", extension: "ORD-77" },
      accession: { root: "1.2.250.1.999.7.1", extension: "ACC-26-0001" },
    },
    { accession: { root: "1.2.250.1.999.7.1", extension: "ACC-26-0002" } },
  ],
  serviceEvents: [
    { act: { code: "Z80.3", codeSystem: "2.16.840.1.113883.6.3", translations: [] }, modalities: [], regions: [] },
    {
      studyInstanceUID: "2.25.1001",
      act: { code: "24727-0", codeSystem: "2.16.840.1.113883.6.1", displayName: "CT tête", translations: [] },
      modalities: [],
      regions: [{ code: "774007", codeSystem: "2.16.840.1.113883.6.96", displayName: "Tête et cou" }],
      start: new Date("2026-01-01T00:30:00+01:00"),
      stop: new Date("2026-01-01T00:45:00+01:00"),
      performer: radiologist,
    },
  ],
  facilityType: {
    code: "SA25",
    codeSystem: "1.2.250.1.71.4.2.4",
    displayName: "Cabinet de groupe",
    translations: [],
  },
  level: 1,
  remarks: [],
};

export const input: SubmissionInput = {
  manifest: {
    bytes: Buffer.from("not a real manifest, but these bytes exactly"),
    sopInstanceUID: "2.25.2001",
    studyInstanceUID: "2.25.1001",
    modalities: ["CT", "SR", "PR", "CT", "MR", "constructor"],
    createdAt: new Date("2026-01-12T09:15:00+01:00"),
  },
  header,
  patient: {
    ins: { matricule: "285017500000130", oid: "1.2.250.1.213.1.4.10" },
    ipp: { value: "IPP1", oid: "1.2.250.1.999.1" },
  },
  visitClass: "I",
  visibility: { maskedFromProfessionals: true, invisibleToPatient: false, invisibleToLegalRepresentatives: true },
  sender: {
    person: { id: "899900067890", family: "BERNARD", given: "LOUIS", oid: "1.2.250.1.71.4.2.1" },
    organization: { id: "750099999", idType: "FINEG", name: "IMAGERIE DES TILLEULS" },
  },
  ids: { submissionSet: "2.25.3001", signature: "2.25.4001" },
  submittedAt: new Date("2026-01-12T09:16:00+01:00"),
};

export const withdrawal: WithdrawalInput = {
  entryUUID: "urn:uuid:6f1c0b52-0000-4000-8000-0000000000aa",
  documentUniqueId: "2.25.2001",
  header,
  patient: input.patient,
  visitClass: "I",
  sender: input.sender!,
  ids: { submissionSet: "2.25.3002" },
  submittedAt: new Date("2026-01-13T09:16:00+01:00"),
};

/** Real certificates for the site, made once per test file. */
export async function siteCredentials(): Promise<{ credentials: Credentials; files: TestCertificate }> {
  const files = testCertificate();
  const pair = { authentication: files, signing: files };
  const credentials = await loadCredentials([
    { structureId: STRUCTURE, kind: "EG", ...pair },
    { structureId: LEGAL_ENTITY, kind: "EJ", ...pair },
  ]);
  return { credentials, files };
}

export function options(credentials: Credentials, trusted: TestCertificate, port: number): DmpOptions {
  return {
    baseUrl: `https://localhost:${port}/si-dmp-server/v2/services`,
    trustedAuthorities: readFileSync(trusted.certificateFile, "utf8"),
    credentials,
    identification: { mode: "EG", legalEntities: { [STRUCTURE]: LEGAL_ENTITY } },
    software: {
      name: "DRIMbox",
      version: "1.0",
      homologation: "XYZ-123456",
      id: "01.12.12",
      manufacturer: "TILLEUL SANTE",
    },
    sourceId: "1.2.250.1.999.8",
    timeouts: { connect: 1000, headers: 700, body: 700, total: 3000 },
  };
}

export { createDmp };
