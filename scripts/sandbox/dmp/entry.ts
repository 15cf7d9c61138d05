/** A document entry: what it must say, by the kind of document it describes (hl7v2-cda-xds 4, wire-formats 5.5). */
import {
  APPROVED,
  CONFIDENTIALITY_SCHEME,
  type Coded,
  ENTRY,
  ENTRY_SLOTS,
  ENTRY_UUID,
  type EntryKind,
  INS_PRODUCTION,
  INS_TEST,
  inTable,
  isOid,
  MANIFEST,
  MODALITY_SCHEME,
  REFERENCE_ID_LIST,
  REFERENCE_ID_TYPES,
  RPLC,
  SIGNATURE,
  STABLE_DOCUMENT,
  STUDY_INSTANCE_UID,
} from "./codes.ts";
import { codesOf, isPerson, type RegistryObject } from "./fields.ts";
import type { PatientName } from "./vihf.ts";
import { attribute, type Element, NS, only } from "./xml.ts";

export interface Entry {
  readonly id: string;
  readonly element: Element;
  readonly kind: EntryKind;
  readonly uniqueId: string;
  readonly patientId: string;
  /** UTC, `YYYYMMDDhhmmss`. */
  readonly creationTime: string;
  /** Of the referenceIdList; undefined on a signature that carries none. */
  readonly studyInstanceUID: string | undefined;
  /** PID-5 of sourcePatientInfo. */
  readonly patientName: PatientName | undefined;
  /** Ids of author institutions. */
  readonly institutions: readonly string[];
  /** entryUUID of the document it replaces. */
  readonly replaces: string | undefined;
}

const KINDS = [MANIFEST, SIGNATURE];
/** How many codes at most, where not one. Confidentiality: N, and three restrictions of visibility. */
const MOST: Readonly<Record<string, number>> = { confidentialityCode: 4, eventCodeList: 64 };
/** sourcePatientInfo (ITI TF-3 4.2.3.2.23): the form of each field, and whether it must be there. */
const SOURCE_PATIENT: readonly (readonly [field: string, syntax: RegExp, wanted: boolean])[] = [
  ["PID-5", /^(?:[^^|&~\\]|\\[FSTRE]\\)+\^(?:[^^|&~\\]|\\[FSTRE]\\)+\^\^\^\^\^[LD]$/, true],
  ["PID-7", /^(?:19|20)\d\d[01]\d[0-3]\d$/, true],
  ["PID-8", /^[MFOUAN]$/, true],
  ["PID-3", /^[^^&\s]+\^\^\^&[\d.]+&ISO\^PI$/, false],
  ["PID-11", /^\^\^\^\^\^\^BDL\^\^\d[\dAB]\d{3}$/, false],
];

/** Reads and checks an ExtrinsicObject; undefined when it is of neither kind. */
export function readEntry(object: RegistryObject, associations: readonly Element[]): Entry | undefined {
  const { element, id } = object;
  const [[typeCode] = [""]] = codesOf(element, ENTRY.typeCode);
  const kind = KINDS.find(({ coded }) =>
    coded.typeCode.some(({ scheme }) => inTable(coded.typeCode, typeCode, scheme)),
  );
  if (kind === undefined) {
    object.expect(false, "typeCode", `${typeCode} is neither IMG-KOS nor E1762`);
    return undefined;
  }
  const [mimeType, objectType, status] = ["mimeType", "objectType", "status"].map((name) => attribute(element, name));
  object.expect(objectType === STABLE_DOCUMENT, "objectType", "is not that of a stable document", "XDSObjectTypeError");
  object.expect(status === undefined || status === APPROVED, "status", "is not Approved");
  object.expect(mimeType === kind.mimeType, "mimeType", `${kind.mimeType} is expected`);
  object.expect(only(element, NS.rim, "Name") !== undefined, "title", "is missing");
  object.slots(ENTRY_SLOTS);
  const creationTime = object.time("creationTime");
  checkService(object, kind);
  object.value("hash", /^[\da-f]{40}$/i);
  object.value("size", /^[1-9]\d*$/);
  const language = object.value("languageCode", /^\S+$/);
  object.expect(kind.languages.has(language), "languageCode", `${language} is not expected`);
  checkCodes(object, kind);
  checkAuthenticator(object, kind);
  const patientId = object.patientId("XDSDocumentEntry.patientId", ENTRY.patientId);
  return {
    id,
    element,
    kind,
    uniqueId: object.uniqueId("XDSDocumentEntry.uniqueId", ENTRY.uniqueId),
    patientId,
    creationTime,
    studyInstanceUID: readReferences(object, kind),
    patientName: readSource(object, kind, patientId),
    institutions: object.authors(ENTRY.author),
    replaces: readReplaced(object, associations),
  };
}

function checkCodes(object: RegistryObject, kind: EntryKind): void {
  for (const [name, table] of Object.entries(kind.coded) as [keyof EntryKind["coded"], readonly Coded[]][]) {
    object.coded(name, ENTRY[name], table, MOST[name] ?? 1);
  }
  const has = (scheme: string, test: (code: string, system: string) => boolean): boolean =>
    codesOf(object.element, scheme).some(([code, system]) => test(code, system));
  const normal = has(ENTRY.confidentialityCode, (code, system) => code === "N" && system === CONFIDENTIALITY_SCHEME);
  object.expect(normal, "confidentialityCode", "N is always there");
  const modality = kind === SIGNATURE || has(ENTRY.eventCodeList, (_, system) => system === MODALITY_SCHEME);
  object.expect(modality, "eventCodeList", "no acquisition modality");
}

function checkAuthenticator(object: RegistryObject, kind: EntryKind): void {
  const authenticators = object.slot("legalAuthenticator");
  if (kind === SIGNATURE && authenticators.length === 0) return;
  const right = authenticators.length === 1 && authenticators.every(isPerson);
  object.expect(right, "legalAuthenticator", "one XCN of a professional is expected");
}

function checkService(object: RegistryObject, kind: EntryKind): void {
  const start = object.time("serviceStartTime", kind === MANIFEST ? 1 : 0);
  const stop = object.time("serviceStopTime", 0);
  const right = stop === "" || (start !== "" && start <= stop);
  object.expect(right, "serviceStopTime", "is before serviceStartTime");
}

/** sourcePatientId and sourcePatientInfo; returns the names of PID-5. */
function readSource(object: RegistryObject, kind: EntryKind, patientId: string): Entry["patientName"] {
  const id = object.value("sourcePatientId", /^\S+$/);
  const [, oid = ""] = /^[^^&\s]+\^\^\^&([\d.]+)&ISO\^PI$/.exec(id) ?? [];
  const local = isOid(oid) && !INS_TEST.has(oid) && !INS_PRODUCTION.has(oid);
  const right = local || (kind === SIGNATURE && id === patientId);
  object.expect(right, "sourcePatientId", "<IPP>^^^&<its OID>&ISO^PI is expected, not an INS");
  const lines = object.slot("sourcePatientInfo").map((line) => line.split("|"));
  if (kind === SIGNATURE && lines.length === 0) return undefined;
  const fields = new Map(lines.map(([name = "", ...value]) => [name, value.join("|")]));
  for (const [name, syntax, wanted] of SOURCE_PATIENT) {
    const value = fields.get(name);
    const ok = value === undefined ? !wanted : syntax.test(value);
    object.expect(ok, `sourcePatientInfo/${name}`, "missing, or not of the right form");
  }
  const known = [...fields.keys()].every((name) => SOURCE_PATIENT.some(([rule]) => rule === name));
  object.expect(known, "sourcePatientInfo", "a value starts neither with PID-3, 5, 7, 8 nor 11");
  const [family, given] = (fields.get("PID-5") ?? "").split("^");
  return family && given ? { family, given } : undefined;
}

/** The referenceIdList (CXi); returns the study. A UID has no assigning authority, an accession and an order have one. */
function readReferences(object: RegistryObject, kind: EntryKind): string | undefined {
  const expect = (holds: boolean, context: string): boolean => object.expect(holds, "referenceIdList", context);
  const studies: string[] = [];
  for (const value of object.slot(REFERENCE_ID_LIST)) {
    const [, id = "", oid = "", type = ""] = /^([^^&\s]+)\^\^\^(?:&([\d.]+)&ISO)?\^(.+)$/.exec(value) ?? [];
    expect(REFERENCE_ID_TYPES.has(type), `type ${type} is not in JDV_J231`);
    const issued = isOid(oid) || (type === STUDY_INSTANCE_UID && oid === "");
    expect(issued, "<id>^^^&<OID of who assigned it>&ISO^<type> is expected");
    if (type === STUDY_INSTANCE_UID) studies.push(id);
  }
  expect(studies.length <= 1 && studies.every(isOid), "one study Instance UID is expected");
  expect(kind === SIGNATURE || studies.length > 0, "no study Instance UID");
  return studies[0];
}

function readReplaced(object: RegistryObject, associations: readonly Element[]): string | undefined {
  const found = associations.find(
    (one) => attribute(one, "associationType") === RPLC && attribute(one, "sourceObject") === object.id,
  );
  const target = attribute(found, "targetObject");
  object.expect(target === undefined || ENTRY_UUID.test(target), "RPLC", "targetObject is not an entryUUID");
  return target;
}
