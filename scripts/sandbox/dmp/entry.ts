/** A document entry: what it must say, by the kind of document it describes (hl7v2-cda-xds 4, wire-formats 5.5). */
import {
  APPROVED,
  CONFIDENTIALITY_SCHEME,
  type Coded,
  ENTRY,
  ENTRY_SLOTS,
  type EntryKind,
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
import { METADATA_ERROR as CODE, codesOf, Fields, isPerson, slot } from "./fields.ts";
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
  readonly patientName: { readonly family: string; readonly given: string } | undefined;
  /** Ids of author institutions. */
  readonly institutions: readonly string[];
  /** entryUUID of the document it replaces. */
  readonly replaces: string | undefined;
}

const URN_UUID = /^urn:uuid:[0-9a-f-]{36}$/i;
/** How many codes at most, where not one. Confidentiality: N, and three restrictions of visibility. */
const MOST: Readonly<Record<string, number>> = { confidentialityCode: 4, eventCodeList: 64 };

/** Reads and checks an ExtrinsicObject, one of each kind having its own rules. */
export class EntryReader extends Fields {
  entry(element: Element, associations: readonly Element[]): Entry | undefined {
    const place = attribute(element, "id") ?? "";
    const [[typeCode] = [""]] = codesOf(element, ENTRY.typeCode);
    const kind = [MANIFEST, SIGNATURE].find((one) =>
      inTable(one.coded.typeCode, typeCode, one.coded.typeCode[0]?.scheme ?? ""),
    );
    if (kind === undefined) {
      this.findings.add(CODE, `${place}/typeCode`, `${typeCode} is neither IMG-KOS nor E1762`);
      return undefined;
    }
    const { findings } = this;
    findings.check(
      attribute(element, "objectType") === STABLE_DOCUMENT,
      "XDSObjectTypeError",
      element,
      "objectType is not that of a stable document",
    );
    findings.check(
      [undefined, APPROVED].includes(attribute(element, "status")),
      CODE,
      element,
      "status is not Approved",
    );
    findings.check(
      attribute(element, "mimeType") === kind.mimeType,
      CODE,
      element,
      `mimeType ${kind.mimeType} is expected`,
    );
    findings.check(only(element, NS.rim, "Name") !== undefined, CODE, element, "title (Name) is missing");
    this.slots(element, ENTRY_SLOTS);
    const creationTime = this.time(element, "creationTime", 1);
    this.service(element, kind);
    this.value(element, "hash", /^[\da-f]{40}$/i);
    this.value(element, "size", /^[1-9]\d*$/);
    const [language = ""] = this.value(element, "languageCode", /^\S+$/);
    findings.check(kind.languages.has(language), CODE, `${place}/languageCode`, `${language} is not expected`);
    for (const [name, table] of Object.entries(kind.coded) as [keyof EntryKind["coded"], readonly Coded[]][]) {
      this.coded(element, place, name, ENTRY[name], table, 1, MOST[name] ?? 1);
    }
    this.kindOnly(element, place, kind);
    const uniqueId = this.identifier(element, "XDSDocumentEntry.uniqueId", ENTRY.uniqueId);
    findings.check(isOid(uniqueId), CODE, `${place}/uniqueId`, "not an OID of at most 64 characters");
    const patientId = this.identifier(element, "XDSDocumentEntry.patientId", ENTRY.patientId);
    this.patientId(patientId, `${place}/patientId`);
    return {
      id: place,
      element,
      kind,
      uniqueId,
      patientId,
      creationTime,
      studyInstanceUID: this.references(element, place, kind),
      patientName: this.source(element, place, kind, patientId),
      institutions: this.authors(element, ENTRY.author),
      replaces: this.replaced(place, associations),
    };
  }

  private kindOnly(element: Element, place: string, kind: EntryKind): void {
    const normal = codesOf(element, ENTRY.confidentialityCode).some(
      ([code, scheme]) => code === "N" && scheme === CONFIDENTIALITY_SCHEME,
    );
    this.findings.check(normal, CODE, `${place}/confidentialityCode`, "N is always there");
    const [authenticator, ...others] = slot(element, "legalAuthenticator");
    if (kind === MANIFEST || authenticator !== undefined) {
      const right = authenticator !== undefined && others.length === 0 && isPerson(authenticator);
      this.findings.check(right, CODE, `${place}/legalAuthenticator`, "one XCN of a professional is expected");
    }
    if (kind !== MANIFEST) return;
    const modality = codesOf(element, ENTRY.eventCodeList).some(([, scheme]) => scheme === MODALITY_SCHEME);
    this.findings.check(modality, CODE, `${place}/eventCodeList`, "no acquisition modality");
  }

  /** sourcePatientId and sourcePatientInfo; returns the names of PID-5. */
  private source(element: Element, place: string, kind: EntryKind, patientId: string): Entry["patientName"] {
    const [id = ""] = this.value(element, "sourcePatientId", /^\S+$/);
    const [, oid = ""] = /^[^^&\s]+\^\^\^&([\d.]+)&ISO\^PI$/.exec(id) ?? [];
    const local = isOid(oid) && !oid.startsWith("1.2.250.1.213.1.4.");
    const right = local || (kind === SIGNATURE && id === patientId);
    this.findings.check(right, CODE, `${place}/sourcePatientId`, "<IPP>^^^&<its OID>&ISO^PI is expected, not an INS");
    const info = slot(element, "sourcePatientInfo");
    if (kind === SIGNATURE && info.length === 0) return undefined;
    const fields = new Map(info.map((line) => [line.split("|")[0] ?? "", line.split("|").slice(1).join("|")]));
    const rules: [string, RegExp, boolean][] = [
      ["PID-5", /^[^^|&~\\]+\^[^^|&~\\]+\^\^\^\^\^[LD]$/, true],
      ["PID-7", /^(?:19|20)\d\d[01]\d[0-3]\d$/, true],
      ["PID-8", /^[MFOUAN]$/, true],
      ["PID-3", /^[^^&\s]+\^\^\^&[\d.]+&ISO\^PI$/, false],
      ["PID-11", /^\^\^\^\^\^\^BDL\^\^\d[\dAB]\d{3}$/, false],
    ];
    for (const [name, syntax, wanted] of rules) {
      const value = fields.get(name);
      const ok = value === undefined ? !wanted : syntax.test(value);
      this.findings.check(ok, CODE, `${place}/sourcePatientInfo/${name}`, "missing, or not of the right form");
    }
    for (const name of fields.keys()) {
      const known = rules.some(([rule]) => rule === name);
      this.findings.check(
        known,
        CODE,
        `${place}/sourcePatientInfo`,
        "a value starts neither with PID-3, 5, 7, 8 nor 11",
      );
    }
    const [family, given] = (fields.get("PID-5") ?? "").split("^");
    return family && given ? { family, given } : undefined;
  }

  private references(element: Element, place: string, kind: EntryKind): string | undefined {
    const values = slot(element, REFERENCE_ID_LIST);
    const where = `${place}/referenceIdList`;
    let study: string | undefined;
    for (const value of values) {
      const [, id = "", oid = "", type = ""] = /^([^^&\s]+)\^\^\^(?:&([\d.]+)&ISO)?\^(.+)$/.exec(value) ?? [];
      this.findings.check(REFERENCE_ID_TYPES.has(type), CODE, where, `type ${type} is not in JDV_J231`);
      const issuer = type === STUDY_INSTANCE_UID ? oid === "" || isOid(oid) : isOid(oid);
      this.findings.check(issuer, CODE, where, "<id>^^^&<OID of who assigned it>&ISO^<type> is expected");
      if (type !== STUDY_INSTANCE_UID) continue;
      this.findings.check(isOid(id) && study === undefined, CODE, where, "one study Instance UID is expected");
      study = id;
    }
    this.findings.check(kind === SIGNATURE || study !== undefined, CODE, where, "no study Instance UID");
    return study;
  }

  private service(element: Element, kind: EntryKind): void {
    const start = this.time(element, "serviceStartTime", kind === MANIFEST ? 1 : 0);
    const stop = this.time(element, "serviceStopTime", 0);
    const right = stop === "" || (start !== "" && start <= stop);
    this.findings.check(right, CODE, `${attribute(element, "id")}/serviceStopTime`, "is before serviceStartTime");
  }

  private replaced(place: string, associations: readonly Element[]): string | undefined {
    const found = associations.find(
      (one) => attribute(one, "associationType") === RPLC && attribute(one, "sourceObject") === place,
    );
    const target = attribute(found, "targetObject");
    if (target !== undefined)
      this.findings.check(URN_UUID.test(target), CODE, found ?? place, "targetObject is not an entryUUID");
    return target;
  }
}
