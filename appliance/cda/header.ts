/** The header of an imaging report: CDA R2 with the CI-SIS rules (structuration minimale, IMG-CR-IMG). */
import { said } from "../base/index.ts";
import { encodingOf } from "./encoding.ts";
import { fault } from "./errors.ts";
import { readProfessional, readServiceEvent } from "./events.ts";
import type { Order, ReportHeader } from "./model.ts";
import { type Node, PS3_20, parseHeader, type Remark } from "./node.ts";
import { outline } from "./outline.ts";
import { readPatient } from "./patient.ts";
import { codedValue, identifiers, instanceIdentifier, organization, time } from "./values.ts";

export interface HeaderLimits {
  /** The whole document. */
  readonly documentBytes: number;
  /** What is left without the body; the parser builds a tree of it. */
  readonly headerBytes: number;
}

/** 48 MiB is what an MLLP message of 64 MiB can carry; the longest official header has 30 kB and is read in 5 ms. */
const defaultHeaderLimits: HeaderLimits = { documentBytes: 48 * 1024 * 1024, headerBytes: 128 * 1024 };

export interface HeaderOptions {
  readonly limits?: Partial<HeaderLimits>;
  /** IANA zone of the site, for times without offset. Default `Europe/Paris`. */
  readonly timeZone?: string;
}

/**
 * Reads the header; the body is skipped, whatever its size. The bytes are not changed, and are what must be published.
 *
 * Throws only for what makes the report unusable: `CDA_TOO_LARGE`, `CDA_ENCODING`, `CDA_DOCTYPE`, `CDA_TOO_DEEP`,
 * `CDA_NOT_XML`, `CDA_NOT_CLINICAL_DOCUMENT`, `CDA_FIELD_MISSING` (id, code, effectiveTime, recordTarget),
 * `CDA_FIELD_REPEATED`, `CDA_SEVERAL_PATIENTS`, `CDA_TWO_INS`. All else is absent from the result or listed in its `remarks`.
 */
export function readReportHeader(bytes: Uint8Array, options: HeaderOptions = {}): ReportHeader {
  const limits = { ...defaultHeaderLimits, ...options.limits };
  const timeZone = options.timeZone ?? "Europe/Paris";
  const document = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (document.length > limits.documentBytes)
    throw fault("CDA_TOO_LARGE", { details: { limit: limits.documentBytes } });

  const encoding = encodingOf(document);
  const { header, body } = outline(document);
  if (header.length > limits.headerBytes)
    throw fault("CDA_TOO_LARGE", { where: "header", details: { limit: limits.headerBytes } });

  const remarks: Remark[] = [];
  const root = parseHeader(header, encoding, remarks);
  if (encoding !== "utf-8") root.remark("CDA_NOT_UTF8");
  if (body === undefined) root.remark("CDA_BODY_ABSENT");

  const authenticator = root.first("legalAuthenticator");
  return said({
    id: required(root, "id", instanceIdentifier(root.only("id"))),
    templateIds: identifiers(root.all("templateId")),
    code: required(root, "code", codedValue(root.only("code"))),
    title: root.first("title")?.text,
    effectiveTime: required(root, "effectiveTime", time(root.only("effectiveTime"), timeZone)),
    confidentialityCodes: root.all("confidentialityCode").map((node) => node.attribute("code") ?? ""),
    languageCode: root.first("languageCode")?.attribute("code"),
    setId: instanceIdentifier(root.only("setId")),
    versionNumber: versionNumber(root.only("versionNumber")),
    replaces: root
      .all("relatedDocument")
      .filter((related) => related.attribute("typeCode") === "RPLC")
      .flatMap((related) => identifiers(related.all("parentDocument", "id"))),
    patient: readPatient(patientRole(root)),
    authors: root.all("author").map((author) => readProfessional(author, "assignedAuthor", timeZone)),
    legalAuthenticator: authenticator && readProfessional(authenticator, "assignedEntity", timeZone),
    custodian: organization(root.first("custodian", "assignedCustodian", "representedCustodianOrganization")),
    orders: root.all("inFulfillmentOf", "order").flatMap(readOrder),
    serviceEvents: root.all("documentationOf", "serviceEvent").map((event) => readServiceEvent(event, timeZone)),
    facilityType: codedValue(
      root.first("componentOf", "encompassingEncounter", "location", "healthCareFacility", "code"),
    ),
    level: body === "structuredBody" ? 3 : 1,
    remarks,
  });
}

function required<T>(root: Node, step: string, value: T | undefined): T {
  if (value === undefined) throw fault("CDA_FIELD_MISSING", { where: `${root.path}/${step}` });
  return value;
}

/** CDA allows several record targets; which of two patients the study belongs to must not be left to luck. */
function patientRole(root: Node): Node {
  const [role, second] = root.all("recordTarget", "patientRole");
  const patients = root.all("recordTarget", "patientRole", "patient");
  const other = second ?? patients[1];
  if (other !== undefined) throw fault("CDA_SEVERAL_PATIENTS", { where: other.path });
  return required(root, "recordTarget/patientRole", role);
}

/** One for each accession number, so that none is dropped; the profile has one in an order. */
function readOrder(order: Node): Order[] {
  const placerOrder = instanceIdentifier(order.first("id"));
  const accessions = identifiers(order.children("accessionNumber", PS3_20));
  return accessions.length === 0
    ? [said({ placerOrder })]
    : accessions.map((accession) => said({ placerOrder, accession }));
}

function versionNumber(node: Node | undefined): number | undefined {
  const value = node?.attribute("value");
  if (node === undefined || value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  node.remark("CDA_VERSION_NUMBER");
  return undefined;
}
