/**
 * How the parameters of a stored query are written (ITI TF-2 3.18.4.1.2.3.5, hl7v2-cda-xds 5.2): `'text'` for one value,
 * `('a','b')` for a list, quotes doubled, times as bare digits. The Values of a Slot are alternatives; the Slots of one
 * name, where a document may have several such codes, must all be met.
 */
import { APPROVED, ARCHIVED, DELETED, DEPRECATED, ENTRY_UUID, isOid, REFERENCE_ID_TYPES } from "./codes.ts";
import { attribute, children, type Element, elements, type Findings, is, NS, only, textOf } from "./xml.ts";

/** Each Slot of one name: its values, OR inside, AND between the slots. */
export type Parameters = ReadonlyMap<string, readonly (readonly string[])[]>;

/** `one` and `list` are quoted; `all`: a list whose Slot may be there several times. */
interface Rule {
  readonly form: "one" | "time" | "list" | "all";
  readonly test: (value: string) => boolean;
  readonly syntax: string;
}

const STATUSES: readonly string[] = [APPROVED, DEPRECATED, DELETED, ARCHIVED];
const TIME =
  /^(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d)?)?)?)?)?$/;

const code = (form: Rule["form"]): Rule => ({
  form,
  test: (value) => /^[^^\s]+\^\^[^^\s]+$/.test(value),
  syntax: "code^^scheme",
});
const time: Rule = { form: "time", test: (value) => TIME.test(value), syntax: "YYYY[MM[DD[hh[mm[ss]]]]], unquoted" };

const RULES: ReadonlyMap<string, Rule> = new Map([
  [
    "$XDSDocumentEntryPatientId",
    { form: "one", test: (value) => /^[^^&\s]+\^\^\^&[\d.]+&ISO\^NH$/.test(value), syntax: "INS^^^&OID&ISO^NH" },
  ],
  ["$XDSDocumentEntryStatus", { form: "list", test: (value) => STATUSES.includes(value), syntax: "a status" }],
  ["$XDSDocumentEntryUniqueId", { form: "list", test: isOid, syntax: "an OID" }],
  ["$XDSDocumentEntryEntryUUID", { form: "list", test: (value) => ENTRY_UUID.test(value), syntax: "urn:uuid:<UUID>" }],
  ["$XDSDocumentEntryTypeCode", code("list")],
  ["$XDSDocumentEntryClassCode", code("list")],
  ["$XDSDocumentEntryFormatCode", code("list")],
  ["$XDSDocumentEntryPracticeSettingCode", code("list")],
  ["$XDSDocumentEntryHealthcareFacilityTypeCode", code("list")],
  ["$XDSDocumentEntryConfidentialityCode", code("all")],
  ["$XDSDocumentEntryEventCodeList", code("all")],
  ["$XDSDocumentEntryReferenceIdList", { form: "all", test: isReference, syntax: "a CXi of JDV_J231" }],
  ["$XDSDocumentEntryCreationTimeFrom", time],
  ["$XDSDocumentEntryCreationTimeTo", time],
  ["$XDSDocumentEntryServiceStartTimeFrom", time],
  ["$XDSDocumentEntryServiceStartTimeTo", time],
  ["$XDSDocumentEntryServiceStopTimeFrom", time],
  ["$XDSDocumentEntryServiceStopTimeTo", time],
] satisfies [string, Rule][]);

/** XDSRegistryError is for what no code of its own names (ITI TF-3 table 4.2.4.1-2). */
const ERROR = "XDSRegistryError";
const NUMBER = "XDSStoredQueryParamNumber";

/** Reads the parameters of `query`, which may be `known` ones only. */
export function readParameters(query: Element, known: readonly string[], findings: Findings): Parameters {
  const parameters = new Map<string, string[][]>();
  for (const element of elements(query)) {
    const name = attribute(element, "name") ?? "";
    const rule = known.includes(name) ? RULES.get(name) : undefined;
    if (rule === undefined || !is(element, NS.rim, "Slot")) {
      findings.add(ERROR, element, "no such parameter in this query");
      continue;
    }
    const list = only(element, NS.rim, "ValueList");
    const texts = list === undefined ? [] : children(list, NS.rim, "Value").map(textOf);
    const single = rule.form === "one" || rule.form === "time";
    findings.check(texts.length > 0, NUMBER, element, "no value");
    findings.check(!single || texts.length === 1, NUMBER, element, `${texts.length} values, one is expected`);
    const before = parameters.get(name) ?? [];
    findings.check(before.length === 0 || rule.form === "all", NUMBER, element, "this Slot is given twice");
    parameters.set(name, [...before, texts.flatMap((text) => readValue(rule, text, element, findings))]);
  }
  for (const [name, [[from = ""] = []]] of parameters) {
    const [[to = from] = []] = parameters.get(name.replace(/TimeFrom$/, "TimeTo")) ?? [];
    findings.check(from <= to || !name.endsWith("TimeFrom"), ERROR, query, `${name} is after its To`);
  }
  return parameters;
}

function readValue(rule: Rule, text: string, element: Element, findings: Findings): string[] {
  const values = rule.form === "time" ? [text] : quoted(rule.form === "one" ? text : inParentheses(text));
  if (rule.form === "one" && values !== undefined && values.length > 1) {
    findings.add(NUMBER, element, `${values.length} values, one is expected`);
    return [];
  }
  const right = values?.every((value) => rule.test(value)) ?? false;
  const shape = { one: "'value'", time: "value", list: "('value',...)", all: "('value',...)" }[rule.form];
  findings.check(right, NUMBER, element, `${shape} is expected, each value ${rule.syntax}`);
  return values ?? [];
}

function inParentheses(text: string): string | undefined {
  return /^\((.*)\)$/s.exec(text)?.[1];
}

/** The values of `'a', 'b'`; undefined when one is not quoted. */
function quoted(text: string | undefined): string[] | undefined {
  if (text === undefined || !/^'(?:[^']|'')+'(?:\s*,\s*'(?:[^']|'')+')*$/.test(text)) return undefined;
  return Array.from(text.matchAll(/'((?:[^']|'')+)'/g), ([, value = ""]) => value.replaceAll("''", "'"));
}

function isReference(value: string): boolean {
  const [, oid, type = ""] = /^[^^&\s]+\^\^\^(?:&([\d.]+)&ISO)?\^(.+)$/.exec(value) ?? [];
  return REFERENCE_ID_TYPES.has(type) && (oid === undefined || isOid(oid));
}
