/** ITI-18: the three stored queries that a DRIMbox asks (ITI TF-2 3.18, wire-formats 5.8), and their answers. */
import { ENTRY, REFERENCE_ID_LIST } from "./codes.ts";
import { codesOf, slot } from "./fields.ts";
import { type Parameters, readParameters } from "./query-syntax.ts";
import type { RegisteredDocument } from "./registry.ts";
import { attribute, type Element, elements, escapeXml, type Findings, is, NS, parseXml, textOf } from "./xml.ts";

export interface QueryResult {
  readonly returnType: "LeafClass" | "ObjectRef";
  readonly documents: readonly RegisteredDocument[];
}

const FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const FIND_BY_REFERENCE_ID = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492";
const GET_DOCUMENTS = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
const ERROR = "XDSRegistryError";

type Test = (document: RegisteredDocument, values: readonly string[], metadata: Element) => boolean;

const codeTest = (scheme: string): Test => {
  return (_, values, metadata) =>
    codesOf(metadata, scheme).some(([code, system]) => values.includes(`${code}^^${system}`));
};
const timeTest = (name: string, from: boolean): Test => {
  return (_, [bound = ""], metadata) => {
    const [time] = slot(metadata, name);
    if (time === undefined) return true;
    return from ? time.padEnd(14, "0") >= bound.padEnd(14, "0") : time.padEnd(14, "0") < bound.padEnd(14, "0");
  };
};

const TESTS: Readonly<Record<string, Test>> = {
  $XDSDocumentEntryPatientId: ({ patientId }, [value]) => patientId === value,
  $XDSDocumentEntryStatus: ({ status }, values) => values.includes(status),
  $XDSDocumentEntryUniqueId: ({ uniqueId }, values) => values.includes(uniqueId),
  $XDSDocumentEntryEntryUUID: ({ entryUUID }, values) => values.includes(entryUUID),
  $XDSDocumentEntryTypeCode: codeTest(ENTRY.typeCode),
  $XDSDocumentEntryClassCode: codeTest(ENTRY.classCode),
  $XDSDocumentEntryFormatCode: codeTest(ENTRY.formatCode),
  $XDSDocumentEntryPracticeSettingCode: codeTest(ENTRY.practiceSettingCode),
  $XDSDocumentEntryHealthcareFacilityTypeCode: codeTest(ENTRY.healthcareFacilityTypeCode),
  $XDSDocumentEntryConfidentialityCode: codeTest(ENTRY.confidentialityCode),
  $XDSDocumentEntryEventCodeList: codeTest(ENTRY.eventCodeList),
  $XDSDocumentEntryReferenceIdList: (_, values, metadata) =>
    slot(metadata, REFERENCE_ID_LIST).some((value) => values.includes(value)),
  $XDSDocumentEntryCreationTimeFrom: timeTest("creationTime", true),
  $XDSDocumentEntryCreationTimeTo: timeTest("creationTime", false),
  $XDSDocumentEntryServiceStartTimeFrom: timeTest("serviceStartTime", true),
  $XDSDocumentEntryServiceStartTimeTo: timeTest("serviceStartTime", false),
  $XDSDocumentEntryServiceStopTimeFrom: timeTest("serviceStopTime", true),
  $XDSDocumentEntryServiceStopTimeTo: timeTest("serviceStopTime", false),
};

interface Query {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const BY_PATIENT = ["$XDSDocumentEntryPatientId", "$XDSDocumentEntryStatus"];
const REFERENCES = "$XDSDocumentEntryReferenceIdList";
const IDENTIFIERS = ["$XDSDocumentEntryUniqueId", "$XDSDocumentEntryEntryUUID"];
const FILTERS = Object.keys(TESTS).filter((name) => ![...BY_PATIENT, ...IDENTIFIERS, REFERENCES].includes(name));

const QUERIES: ReadonlyMap<string, Query> = new Map([
  [FIND_DOCUMENTS, { required: BY_PATIENT, optional: FILTERS }],
  [FIND_BY_REFERENCE_ID, { required: [...BY_PATIENT, REFERENCES], optional: FILTERS }],
  [GET_DOCUMENTS, { required: [], optional: IDENTIFIERS }],
]);

/** Answers an AdhocQueryRequest; undefined when findings say why not. `patientId` is the one of the VIHF. */
export function answerQuery(
  request: Element,
  documents: readonly RegisteredDocument[],
  patientId: string,
  findings: Findings,
): QueryResult | undefined {
  const [option, query, ...others] = elements(request);
  const ordered = option !== undefined && query !== undefined && others.length === 0;
  const shaped = ordered && is(option, NS.query, "ResponseOption") && is(query, NS.rim, "AdhocQuery");
  if (!is(request, NS.query, "AdhocQueryRequest") || !shaped) {
    findings.add(ERROR, request, "AdhocQueryRequest with one ResponseOption, then one AdhocQuery is expected");
    return undefined;
  }
  const returnType = attribute(option, "returnType");
  const known = returnType === "LeafClass" || returnType === "ObjectRef";
  findings.check(known, ERROR, option, "returnType is neither LeafClass nor ObjectRef");
  const composed = attribute(option, "returnComposedObjects") === "true";
  findings.check(composed, ERROR, option, "returnComposedObjects is not true");
  const id = attribute(query, "id") ?? "";
  const rules = QUERIES.get(id);
  if (rules === undefined) {
    findings.add("XDSUnknownStoredQuery", query, `${id} is not known here`);
    return undefined;
  }
  const parameters = readParameters(query, [...rules.required, ...rules.optional], findings);
  for (const name of rules.required) {
    findings.check(parameters.has(name), "XDSStoredQueryMissingParam", query, `${name} is missing`);
  }
  if (id === GET_DOCUMENTS) {
    const given = IDENTIFIERS.filter((name) => parameters.has(name)).length;
    findings.check(given > 0, "XDSStoredQueryMissingParam", query, "either EntryUUID or UniqueId is expected");
    findings.check(given < 2, "XDSStoredQueryParamNumber", query, "EntryUUID and UniqueId are both given");
  }
  if (findings.list.length > 0 || !known) return undefined;
  const asked = parameters.get("$XDSDocumentEntryPatientId")?.flat() ?? [];
  const own = asked.every((one) => one === patientId);
  findings.check(own, "XDSPatientIdDoesNotMatch", query, "the patient is not the one of the VIHF");
  if (!own) return undefined;
  const found = documents.filter((document) => document.patientId === patientId && matches(document, parameters));
  return { returnType, documents: found };
}

/** The registered entry with its present status, as a query returns it: every element under `prefix`. */
export function leafClass(document: RegisteredDocument, repositoryUniqueId: string, prefix: string): string {
  const entry = parseXml(Buffer.from(document.metadata)).documentElement as Element;
  entry.setAttribute("status", document.status);
  const slot = `<${prefix}:Slot name="repositoryUniqueId"><${prefix}:ValueList><${prefix}:Value>${repositoryUniqueId}</${prefix}:Value></${prefix}:ValueList></${prefix}:Slot>`;
  const text = write(entry, prefix);
  const end = text.indexOf(">") + 1;
  return text.slice(0, end) + slot + text.slice(end);
}

function write(element: Element, prefix: string): string {
  const name = `${prefix}:${element.localName}`;
  const attributes = Array.from(element.attributes)
    .filter(({ namespaceURI }) => namespaceURI !== NS.xmlns)
    .map(({ name: key, value }) => ` ${key}="${escapeXml(value)}"`);
  const inside = elements(element).map((child) => write(child, prefix));
  const text = inside.length === 0 ? escapeXml(textOf(element)) : inside.join("");
  return `<${name}${attributes.join("")}>${text}</${name}>`;
}

function matches(document: RegisteredDocument, parameters: Parameters): boolean {
  const metadata = parseXml(Buffer.from(document.metadata)).documentElement as Element;
  return [...parameters].every(([name, lists]) => lists.every((values) => TESTS[name]?.(document, values, metadata)));
}
