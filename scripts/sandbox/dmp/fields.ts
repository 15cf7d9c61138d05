/** The attributes of an object of a submission: how each is written (ITI TF-3 4.2.3), and what is wrong with it. */
import { type Coded, INS_TEST, inTable, isIns, isOid, PROFESSIONALS, STRUCTURES } from "./codes.ts";
import { attribute, children, type Element, elements, type Findings, NS, only, textOf } from "./xml.ts";

export const METADATA_ERROR = "XDSRegistryMetadataError";
/** Clocks differ by a few minutes; a local time in winter is an hour in the future. */
const MAX_FUTURE_MS = 5 * 60_000;
const UTC = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

/** The values of an object's own slot. */
export function slot(element: Element, name: string): string[] {
  const found = children(element, NS.rim, "Slot").find((candidate) => attribute(candidate, "name") === name);
  const list = only(found, NS.rim, "ValueList");
  return list === undefined ? [] : children(list, NS.rim, "Value").map(textOf);
}

/** `[code, scheme]` of each classification of that scheme. */
export function codesOf(element: Element, scheme: string): [code: string, scheme: string][] {
  return classified(element, scheme).map((found) => [
    attribute(found, "nodeRepresentation") ?? "",
    slot(found, "codingScheme")[0] ?? "",
  ]);
}

function classified(element: Element, scheme: string): Element[] {
  const all = children(element, NS.rim, "Classification");
  return all.filter((candidate) => attribute(candidate, "classificationScheme") === scheme);
}

/** One object of a submission, read attribute by attribute; what is not as it should be is read as empty. */
export class RegistryObject {
  readonly element: Element;
  /** The sender's own id, by which findings name the object. */
  readonly id: string;
  readonly #now: Date;
  readonly #findings: Findings;

  constructor(element: Element, now: Date, findings: Findings) {
    this.element = element;
    this.id = attribute(element, "id") ?? "";
    this.#now = now;
    this.#findings = findings;
  }

  /** A finding at `<id>/<name>` unless `holds`, which is returned. */
  expect(holds: boolean, name: string, context: string, code: string = METADATA_ERROR): boolean {
    return this.#findings.check(holds, code, `${this.id}/${name}`, context);
  }

  slot(name: string): string[] {
    return slot(this.element, name);
  }

  /** Refuses slots that are not `known`, `urn:` extensions apart. */
  slots(known: ReadonlySet<string>): void {
    const names = children(this.element, NS.rim, "Slot").map((one) => attribute(one, "name") ?? "");
    for (const name of names) this.expect(known.has(name) || name.startsWith("urn:"), name, "Slot is not known here");
    this.expect(new Set(names).size === names.length, "Slot", "one of them is given twice");
  }

  /** The only value of a slot. */
  value(name: string, syntax: RegExp): string {
    const [value = "", ...others] = this.slot(name);
    const right = others.length === 0 && syntax.test(value);
    this.expect(right, name, `one value of the form ${syntax.source} is expected`);
    return value;
  }

  /** A UTC time of 14 digits (the DMP takes no offset); `least` 0 when it may be absent. */
  time(name: string, least: 0 | 1 = 1): string {
    const values = this.slot(name);
    const [value] = values;
    this.expect(values.length >= least && values.length <= 1, name, `${values.length} values`);
    if (value === undefined) return "";
    const at = UTC.test(value) ? Date.parse(value.replace(UTC, "$1-$2-$3T$4:$5:$6Z")) : Number.NaN;
    // Date.parse takes 30 February for 2 March.
    const real = !Number.isNaN(at) && new Date(at).toISOString().replace(/\D/g, "").startsWith(value);
    if (!this.expect(real, name, "UTC, YYYYMMDDhhmmss, 14 digits without offset")) return "";
    this.expect(at <= this.#now.getTime() + MAX_FUTURE_MS, name, "is in the future: a local time?");
    return value;
  }

  /** A coded attribute: 1 to `most` codes of the table, each once and with a name to show. */
  coded(name: string, scheme: string, table: readonly Coded[], most = 1): void {
    const found = classified(this.element, scheme);
    this.expect(found.length >= 1 && found.length <= most, name, `${found.length} codes, 1 to ${most} expected`);
    const seen = new Set<string>();
    for (const one of found) {
      const code = attribute(one, "nodeRepresentation") ?? "";
      const system = slot(one, "codingScheme").join();
      this.expect(inTable(table, code, system), name, `${code} (${system}) is not in the value set`);
      this.expect(!seen.has(`${code} ${system}`), name, `${code} is given twice`);
      seen.add(`${code} ${system}`);
      const display = displayName(one);
      const shown = display.trim() !== "" && display.toLowerCase() !== "error";
      this.expect(shown, name, `${code} has no display name, or "error"`);
    }
  }

  /** The value of an ExternalIdentifier, whose Name says which one it is. */
  identifier(name: string, scheme: string): string {
    const all = children(this.element, NS.rim, "ExternalIdentifier");
    const [found, ...others] = all.filter((one) => attribute(one, "identificationScheme") === scheme);
    this.expect(found !== undefined && others.length === 0, name, "one ExternalIdentifier is expected");
    if (found === undefined) return "";
    this.expect(displayName(found) === name, name, `its Name is not ${name}`);
    return attribute(found, "value") ?? "";
  }

  uniqueId(name: string, scheme: string): string {
    const value = this.identifier(name, scheme);
    this.expect(isOid(value), name, "not an OID of at most 64 characters");
    return value;
  }

  patientId(name: string, scheme: string): string {
    const value = this.identifier(name, scheme);
    const [, ins = "", oid = ""] = /^([^^&\s]+)\^\^\^&([\d.]+)&ISO\^NH$/.exec(value) ?? [];
    if (!this.expect(ins !== "", name, "<INS>^^^&<OID>&ISO^NH is expected")) return value;
    this.expect(INS_TEST.has(oid), name, `${oid} is not an OID of test INS`);
    this.expect(isIns(ins), name, "the INS does not have 13 characters and the right key");
    return value;
  }

  /** The ids of the authors' institutions. */
  authors(scheme: string): string[] {
    const found = classified(this.element, scheme);
    this.expect(found.length > 0, "author", "none");
    return found.flatMap((author) => {
      const [person = "", ...others] = slot(author, "authorPerson");
      const right = others.length === 0 && (isPerson(person) || isDevice(person));
      this.expect(right, "authorPerson", "one XCN of a professional or a device is expected");
      const ids = slot(author, "authorInstitution").map((value) => XON.exec(value)?.[1] ?? "");
      this.expect(ids.length > 0 && !ids.includes(""), "authorInstitution", "an XON of a structure is expected");
      for (const specialty of slot(author, "authorSpecialty")) {
        this.expect(/^[^^]+\^[^^]+\^[\d.]+$/.test(specialty), "authorSpecialty", "code^display^OID is expected");
      }
      return ids.filter((id) => id !== "");
    });
  }
}

function displayName(element: Element): string {
  const [name] = children(element, NS.rim, "Name").flatMap(elements);
  return attribute(name, "value") ?? "";
}

const XON = new RegExp(`^[^^]+\\^{5}&${STRUCTURES.replaceAll(".", "\\.")}&ISO\\^IDNST\\^{3}([^^]+)$`);

/** `<id>^<family>^<given>^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS`, or EI for an internal identifier. */
export function isPerson(xcn: string): boolean {
  const parts = xcn.split("^");
  return (
    isXcn(parts, PROFESSIONALS) &&
    parts[9] === "D" &&
    (parts[12] === "IDNPS" || (parts[12] === "EI" && (parts[0] ?? "").includes("/")))
  );
}

/** `<id>^<software>^<model>^^^^^^&<OID>&ISO^U^^^RI`, or EI as some samples have it. */
function isDevice(xcn: string): boolean {
  const parts = xcn.split("^");
  return isXcn(parts) && parts[9] === "U" && (parts[12] === "RI" || parts[12] === "EI");
}

function isXcn(parts: readonly string[], issuer?: string): boolean {
  const [id = "", family = "", given = "", , , , , , authority = ""] = parts;
  const [, oid = ""] = /^&([\d.]+)&ISO$/.exec(authority) ?? [];
  const empty = [3, 4, 5, 6, 7, 10, 11].every((index) => parts[index] === "");
  return (
    parts.length === 13 && id !== "" && family !== "" && given !== "" && empty && isOid(oid) && oid === (issuer ?? oid)
  );
}
