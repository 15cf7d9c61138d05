/** What rim.xsd says of the objects of a submission: which children in which order, which attributes (ebRIM 3.0). */
import { attribute, type Element, elements, type Findings, NS } from "./xml.ts";

const CODE = "XDSRegistryMetadataError";
/** LongName and FreeFormText of rim.xsd. */
const MAX_TEXT = 256;

interface Shape {
  /** Child names in order; `?` at most once, `*` any number, `+` at least one, nothing: exactly once. */
  readonly children: readonly string[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly text?: true;
}

const OBJECT = ["Slot*", "Name?", "Description?", "VersionInfo?", "Classification*", "ExternalIdentifier*"];
const COMMON = ["lid", "objectType", "status", "home"];

const SHAPES: Readonly<Record<string, Shape>> = {
  RegistryPackage: { children: OBJECT, required: ["id"], optional: COMMON },
  ExtrinsicObject: {
    children: [...OBJECT, "ContentVersionInfo?"],
    required: ["id", "objectType", "mimeType"],
    optional: ["lid", "status", "home", "isOpaque"],
  },
  Association: {
    children: OBJECT,
    required: ["id", "associationType", "sourceObject", "targetObject"],
    optional: COMMON,
  },
  Classification: {
    children: OBJECT,
    required: ["id", "classifiedObject"],
    optional: [...COMMON, "classificationScheme", "classificationNode", "nodeRepresentation"],
  },
  ExternalIdentifier: {
    children: OBJECT,
    required: ["id", "registryObject", "identificationScheme", "value"],
    optional: COMMON,
  },
  Slot: { children: ["ValueList"], required: ["name"], optional: ["slotType"] },
  ValueList: { children: ["Value+"], required: [], optional: [] },
  Value: { children: [], required: [], optional: [], text: true },
  Name: { children: ["LocalizedString*"], required: [], optional: [] },
  Description: { children: ["LocalizedString*"], required: [], optional: [] },
  LocalizedString: { children: [], required: ["value"], optional: ["charset", "lang"] },
  VersionInfo: { children: [], required: [], optional: ["versionName", "comment"] },
  ContentVersionInfo: { children: [], required: [], optional: ["versionName", "comment"] },
};

/**
 * Checks `list`, which holds `objects` in that order, and all below it; also that no id is used twice and that parts
 * name the object they lie in.
 */
export function checkShape(list: Element, objects: readonly string[], findings: Findings): void {
  const shapes = { ...SHAPES, RegistryObjectList: { children: objects, required: [], optional: [] } };
  visit(list, shapes, findings, new Set());
}

function visit(element: Element, shapes: Readonly<Record<string, Shape>>, findings: Findings, ids: Set<string>): void {
  const name = element.localName ?? "";
  const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
  if (shape === undefined || element.namespaceURI !== NS.rim) {
    findings.add(CODE, element, "no such element in a submission");
    return;
  }
  checkAttributes(element, shape, findings);
  checkOrder(element, shape, findings);
  if (shape.text === undefined) {
    checkNoText(element, findings);
  } else {
    const length = element.textContent?.length ?? 0;
    findings.check(length > 0 && length <= MAX_TEXT, CODE, element, `a value has 1 to ${MAX_TEXT} characters`);
  }
  const id = attribute(element, "id");
  if (id !== undefined) {
    findings.check(id !== "" && !ids.has(id), CODE, element, "the id is empty, or given twice");
    ids.add(id);
  }
  const owner = attribute(element, "classifiedObject") ?? attribute(element, "registryObject");
  const parent = attribute(element.parentNode as Element, "id");
  findings.check(owner === undefined || owner === parent, CODE, element, "does not name the object it lies in");
  for (const child of elements(element)) visit(child, shapes, findings, ids);
}

/** Space between elements apart. */
export function checkNoText(element: Element, findings: Findings): void {
  const text = Array.from(element.childNodes).some(
    ({ nodeType, nodeValue }) => (nodeType === 3 || nodeType === 4) && (nodeValue ?? "").trim() !== "",
  );
  findings.check(!text, CODE, element, "text where only elements may be");
}

function checkAttributes(element: Element, shape: Shape, findings: Findings): void {
  for (const name of shape.required) {
    findings.check(attribute(element, name) !== undefined, CODE, element, `attribute ${name} is missing`);
  }
  for (const { namespaceURI, localName, value } of Array.from(element.attributes)) {
    if (namespaceURI === NS.xmlns || namespaceURI === NS.xsi) continue;
    const name = localName ?? "";
    const known = shape.required.includes(name) || shape.optional.includes(name);
    findings.check(known, CODE, element, `no attribute ${name} here`);
    if (name === "charset") findings.check(value === "UTF-8", CODE, element, `charset ${value}: UTF-8 is expected`);
    if (name === "value") findings.check(value.length <= MAX_TEXT, CODE, element, `longer than ${MAX_TEXT} characters`);
  }
}

function checkOrder(element: Element, shape: Shape, findings: Findings): void {
  const names = elements(element).map(({ localName }) => localName ?? "");
  let at = 0;
  for (const rule of shape.children) {
    const name = rule.replace(/[?*+]$/, "");
    const first = at;
    while (names[at] === name) at++;
    const count = at - first;
    const wrong = rule.endsWith("*")
      ? false
      : rule.endsWith("+")
        ? count < 1
        : count > 1 || (count < 1 && rule === name);
    if (wrong) findings.add(CODE, element, `${count} ${name}, where the schema wants ${rule}`);
  }
  const stray = names[at];
  if (stray !== undefined)
    findings.add(CODE, element, `${stray} is out of order (expected: ${shape.children.join(", ")})`);
}
