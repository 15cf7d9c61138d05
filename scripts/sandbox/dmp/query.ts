/** ITI-18: the three stored queries that a DRIMbox asks (ITI TF-2 3.18, wire-formats 5.8). */
import { ENTRY, REFERENCE_ID_LIST } from "./codes.ts";
import { codesOf, slot } from "./fields.ts";
import type { RegisteredDocument } from "./registry.ts";
import {
  attribute,
  children,
  type Element,
  elements,
  escapeXml,
  type Findings,
  is,
  NS,
  only,
  parseXml,
  textOf,
} from "./xml.ts";

export interface QueryResult {
  readonly returnType: "LeafClass" | "ObjectRef";
  readonly documents: readonly RegisteredDocument[];
}

const FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const FIND_BY_REFERENCE_ID = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492";
const GET_DOCUMENTS = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
const ERROR = "XDSRegistryError";

/** Each Slot of one name: its values, OR inside, AND between the slots. */
type Parameters = ReadonlyMap<string, readonly (readonly string[])[]>;
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

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  [FIND_DOCUMENTS]: ["$XDSDocumentEntryPatientId", "$XDSDocumentEntryStatus"],
  [FIND_BY_REFERENCE_ID]: ["$XDSDocumentEntryPatientId", "$XDSDocumentEntryStatus", "$XDSDocumentEntryReferenceIdList"],
  [GET_DOCUMENTS]: [],
};

/** Answers an AdhocQueryRequest; undefined when findings say why not. `patientId` is the one of the VIHF. */
export function answerQuery(
  request: Element,
  documents: readonly RegisteredDocument[],
  patientId: string,
  findings: Findings,
): QueryResult | undefined {
  const option = only(request, NS.query, "ResponseOption");
  const query = only(request, NS.rim, "AdhocQuery");
  const returnType = attribute(option, "returnType");
  if (!is(request, NS.query, "AdhocQueryRequest") || query === undefined) {
    findings.add(ERROR, request, "AdhocQueryRequest with one AdhocQuery is expected");
    return undefined;
  }
  const known = returnType === "LeafClass" || returnType === "ObjectRef";
  findings.check(known, ERROR, option ?? request, "returnType is neither LeafClass nor ObjectRef");
  const composed = attribute(option, "returnComposedObjects") === "true";
  findings.check(composed, ERROR, option ?? request, "returnComposedObjects is not true");
  const id = attribute(query, "id") ?? "";
  const required = REQUIRED[id];
  if (required === undefined) findings.add("XDSUnknownStoredQuery", query, `${id} is not known here`);
  const parameters = readParameters(query, findings);
  for (const name of required ?? []) {
    findings.check(parameters.has(name), "XDSStoredQueryMissingParam", query, `${name} is missing`);
  }
  if (id === GET_DOCUMENTS) {
    const one = ["$XDSDocumentEntryUniqueId", "$XDSDocumentEntryEntryUUID"].filter((name) =>
      parameters.has(name),
    ).length;
    findings.check(one === 1, "XDSStoredQueryMissingParam", query, "either EntryUUID or UniqueId is expected");
  }
  const asked = parameters.get("$XDSDocumentEntryPatientId")?.flat();
  const own = asked === undefined || (asked.length === 1 && asked[0] === patientId);
  findings.check(own, "XDSPatientIdDoesNotMatch", query, "the patient is not the one of the VIHF");
  if (findings.list.length > 0 || !known) return undefined;
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

function readParameters(query: Element, findings: Findings): Parameters {
  const parameters = new Map<string, string[][]>();
  for (const one of children(query, NS.rim, "Slot")) {
    const name = attribute(one, "name") ?? "";
    if (TESTS[name] === undefined) findings.add(ERROR, one, "no such parameter here");
    const list = only(one, NS.rim, "ValueList");
    const texts = list === undefined ? [] : children(list, NS.rim, "Value").map(textOf);
    const values = texts.flatMap((text) => readValue(name, text) ?? []);
    const right = texts.length > 0 && texts.every((text) => readValue(name, text) !== undefined);
    findings.check(right, "XDSStoredQueryParamNumber", one, "a value is not in the syntax of stored queries");
    parameters.set(name, [...(parameters.get(name) ?? []), values]);
  }
  return parameters;
}

/** ITI TF-2 3.18.4.1.2.3.5: `'text'` for one value, `('a','b')` for a list, quotes doubled; times are bare digits. */
function readValue(name: string, text: string): string[] | undefined {
  if (/Time(?:From|To)$/.test(name)) return /^\d{4,14}$/.test(text) ? [text] : undefined;
  const single = name === "$XDSDocumentEntryPatientId";
  const [, inside = text] = single ? [] : (/^\((.*)\)$/s.exec(text) ?? []);
  if (!single && inside === text) return undefined;
  if (!/^'(?:[^']|'')+'(?:\s*,\s*'(?:[^']|'')+')*$/.test(inside)) return undefined;
  const values = Array.from(inside.matchAll(/'((?:[^']|'')+)'/g), ([, value = ""]) => value.replaceAll("''", "'"));
  return single && values.length !== 1 ? undefined : values;
}
