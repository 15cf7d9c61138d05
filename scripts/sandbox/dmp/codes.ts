/**
 * The identifiers and code tables of the XDS metadata in France: ITI TF-3 4.2.5 for the UUIDs, the value sets of the
 * DMP (J02, J04, J231, modality .618, region .695) for the codes.
 */

export const STABLE_DOCUMENT = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1";

export const ENTRY = {
  author: "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
  classCode: "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
  confidentialityCode: "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
  eventCodeList: "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
  formatCode: "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
  healthcareFacilityTypeCode: "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
  practiceSettingCode: "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
  typeCode: "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
  patientId: "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
  uniqueId: "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
} as const;

export const SET = {
  node: "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
  author: "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
  contentTypeCode: "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
  patientId: "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
  uniqueId: "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
  sourceId: "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
} as const;

export const HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember";
export const SIGNS = "urn:ihe:iti:2007:AssociationType:signs";
export const RPLC = "urn:ihe:iti:2007:AssociationType:RPLC";
export const UPDATE_STATUS = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus";

export const APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
export const DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";
/** The French additions (hl7v2-cda-xds 4): nothing is physically erased. */
export const DELETED = "urn:asip:ci-sis:2010:StatusType:Deleted";
export const ARCHIVED = "urn:asip:ci-sis:2010:StatusType:Archived";

export const REFERENCE_ID_LIST = "urn:ihe:iti:xds:2013:referenceIdList";
export const STUDY_INSTANCE_UID = "urn:ihe:iti:xds:2016:studyInstanceUID";
/** JDV_J231: what the DMP takes in a referenceIdList, and nothing else. */
export const REFERENCE_ID_TYPES: ReadonlySet<string> = new Set([
  "urn:ihe:iti:xds:2013:accession",
  "urn:ihe:iti:xds:2013:order",
  STUDY_INSTANCE_UID,
]);

/** Slots that a document entry may carry (ITI TF-3 4.2.3.2); `urn:` extensions apart. */
export const ENTRY_SLOTS: ReadonlySet<string> = new Set([
  "creationTime",
  "hash",
  "languageCode",
  "legalAuthenticator",
  "serviceStartTime",
  "serviceStopTime",
  "size",
  "sourcePatientId",
  "sourcePatientInfo",
  REFERENCE_ID_LIST,
]);

/** INS OIDs: only the test and demonstration ones may reach a sandbox. */
export const INS_TEST: ReadonlySet<string> = new Set(["1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"]);
export const INS_PRODUCTION: ReadonlySet<string> = new Set([
  "1.2.250.1.213.1.4.2",
  "1.2.250.1.213.1.4.8",
  "1.2.250.1.213.1.4.9",
]);
export const PROFESSIONALS = "1.2.250.1.71.4.2.1";
export const STRUCTURES = "1.2.250.1.71.4.2.2";

/** What a coded attribute may be: a code scheme, and the codes of the value set where it is known in full. */
export interface Coded {
  readonly scheme: string;
  readonly codes: ReadonlySet<string> | RegExp;
}

const one = (scheme: string, code: string): readonly Coded[] => [{ scheme, codes: new Set([code]) }];
const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

export const MODALITY_SCHEME = "1.2.840.10008.2.16.4";
/** JDV_ModaliteAcquisition_CISIS, 1.2.250.1.213.1.1.5.618. */
const MODALITIES = words(
  "AR BDUS BI BMD CR CT DG DMS DX ECG EEG EMG EOG EPS ES GM HD IO IVOCT IVUS KER LEN LS MG MR NM OAM OCT OP OPM OPT " +
    "OPTBSV OPTENF OPV OSS POS PT PX RESP RF RG RTIMAGE SM SRF TG US VA XA XC",
);
export const REGION_SCHEME = "2.16.840.1.113883.6.96";
/** JDV_RegionAnatomique_CISIS, 1.2.250.1.213.1.1.5.695. */
const REGIONS = words("63337009 38266002 53120007 61685007 67734004 774007 113257007 80891009 76752008 737561001");

const facility: readonly Coded[] = [{ scheme: "1.2.250.1.71.4.2.4", codes: /^SA(?:0[1-9]|1[02-9]|[2-5]\d|6[013-9])$/ }];
const practice: readonly Coded[] = [
  {
    scheme: "1.2.250.1.213.1.1.4.9",
    codes: words("AMBULATOIRE AMO DEPISTAGE ESSMS ETABLISSEMENT HAD MAD PALLIATIF SAD SAMU_SMUR"),
  },
];
export const CONFIDENTIALITY_SCHEME = "2.16.840.1.113883.5.25";
const confidentiality: readonly Coded[] = [
  { scheme: CONFIDENTIALITY_SCHEME, codes: words("N R V") },
  {
    scheme: "1.2.250.1.213.1.1.4.13",
    codes: words("MASQUE_PS INVISIBLE_PATIENT INVISIBLE_REPRESENTANTS_LEGAUX"),
  },
];

/** JDV_J59 is not public in full: two digits. */
export const CONTENT_TYPE: readonly Coded[] = [{ scheme: "1.2.250.1.213.2.2", codes: /^\d{2}$/ }];

/** The two kinds of document that a DRIMbox submits, told apart by their typeCode. */
export interface EntryKind {
  readonly name: "manifest" | "signature";
  readonly mimeType: string;
  readonly languages: ReadonlySet<string>;
  readonly coded: Readonly<Record<Exclude<keyof typeof ENTRY, "author" | "patientId" | "uniqueId">, readonly Coded[]>>;
}

export const MANIFEST: EntryKind = {
  name: "manifest",
  mimeType: "application/dicom",
  languages: new Set(["fr-FR"]),
  coded: {
    classCode: one("1.2.250.1.213.1.1.4.1", "31"),
    typeCode: one("1.2.250.1.213.1.1.4.12", "IMG-KOS"),
    formatCode: one("1.2.840.10008.2.6.1", "1.2.840.10008.5.1.4.1.1.88.59"),
    confidentialityCode: confidentiality,
    healthcareFacilityTypeCode: facility,
    practiceSettingCode: practice,
    eventCodeList: [
      { scheme: MODALITY_SCHEME, codes: MODALITIES },
      { scheme: REGION_SCHEME, codes: REGIONS },
      // The act itself: LOINC, or CCAM; official reports write a region of SNOMED CT in the scheme of CCAM, and it is taken.
      { scheme: "1.2.250.1.213.2.5", codes: /^(?:[A-Z]{4}\d{3}|\d{6,18})$/ },
      { scheme: "2.16.840.1.113883.6.1", codes: /^\d{1,7}-\d$/ },
    ],
  },
};

export const SIGNATURE: EntryKind = {
  name: "signature",
  mimeType: "text/xml",
  languages: new Set(["art", "fr-FR"]),
  coded: {
    classCode: one("URN", "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1"),
    typeCode: one("ASTM", "E1762"),
    formatCode: one("URN", "http://www.w3.org/2000/09/xmldsig#"),
    confidentialityCode: confidentiality,
    healthcareFacilityTypeCode: facility,
    practiceSettingCode: practice,
    eventCodeList: one("1.2.840.10065.1.12", "1.2.840.10065.1.12.1.14"),
  },
};

/** True when the code is in a value set of that scheme. */
export function inTable(table: readonly Coded[], code: string, scheme: string): boolean {
  return table.some(
    (coded) =>
      coded.scheme === scheme && (coded.codes instanceof RegExp ? coded.codes.test(code) : coded.codes.has(code)),
  );
}

/** How an entryUUID is written; anything else in its place is a sender's own symbolic id. */
export const ENTRY_UUID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An OID of at most 64 characters (PS3.5 9.1). */
export function isOid(text: string): boolean {
  return text.length <= 64 && /^[0-2](?:\.(?:0|[1-9]\d*))+$/.test(text);
}

/** INS check key (hl7v2-cda-xds 7.4): 97 minus the number modulo 97, Corsica's 2A and 2B read as 19 and 18. */
export function isIns(matricule: string): boolean {
  if (!/^[1-478]\d{4}(?:\d\d|2A|2B)\d{8}$/.test(matricule)) return false;
  const number = matricule.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return 97n - (BigInt(number) % 97n) === BigInt(matricule.slice(13));
}
