/** The attributes of a registry object, one at a time: how each is written, and what is found wrong with it. */
import { type Coded, INS_TEST, inTable, isIns, isOid, PROFESSIONALS, STRUCTURES } from "./codes.ts";
import { attribute, children, type Element, elements, type Findings, is, NS, only, textOf } from "./xml.ts";

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

/** Reads one attribute after the other; every method returns what it read, empty when it is not as it should be. */
export class Fields {
  readonly now: Date;
  readonly findings: Findings;

  constructor(now: Date, findings: Findings) {
    this.now = now;
    this.findings = findings;
  }

  time(element: Element, name: string, least: 0 | 1): string {
    const values = slot(element, name);
    const where = `${attribute(element, "id")}/${name}`;
    this.findings.check(values.length >= least && values.length <= 1, METADATA_ERROR, where, `${values.length} values`);
    const [value] = values;
    if (value === undefined) return "";
    const iso = value.replace(UTC, "$1-$2-$3T$4:$5:$6Z");
    const at = iso === value ? Number.NaN : Date.parse(iso);
    const real = !Number.isNaN(at) && new Date(at).toISOString().replace(/\D/g, "").startsWith(value);
    if (!this.findings.check(real, METADATA_ERROR, where, "UTC, YYYYMMDDhhmmss, 14 digits without offset")) return "";
    this.findings.check(
      at <= this.now.getTime() + MAX_FUTURE_MS,
      METADATA_ERROR,
      where,
      "is in the future: a local time?",
    );
    return value;
  }

  value(element: Element, name: string, syntax: RegExp): string[] {
    const values = slot(element, name);
    const right = values.length === 1 && syntax.test(values[0] ?? "");
    this.findings.check(
      right,
      METADATA_ERROR,
      `${attribute(element, "id")}/${name}`,
      `one value of the form ${syntax.source} is expected`,
    );
    return values;
  }

  slots(element: Element, known: ReadonlySet<string>): void {
    const names = children(element, NS.rim, "Slot").map((one) => attribute(one, "name") ?? "");
    for (const name of names) {
      this.findings.check(
        known.has(name) || name.startsWith("urn:"),
        METADATA_ERROR,
        element,
        `Slot ${name} is not known here`,
      );
    }
    this.findings.check(new Set(names).size === names.length, METADATA_ERROR, element, "a Slot is given twice");
  }

  coded(
    element: Element,
    place: string,
    name: string,
    scheme: string,
    table: readonly Coded[],
    least: number,
    most: number,
  ): void {
    const found = classified(element, scheme);
    const where = `${place}/${name}`;
    this.findings.check(
      found.length >= least && found.length <= most,
      METADATA_ERROR,
      where,
      `${found.length} codes, ${least} to ${most} expected`,
    );
    const seen = new Set<string>();
    for (const one of found) {
      const code = attribute(one, "nodeRepresentation") ?? "";
      const codingScheme = slot(one, "codingScheme");
      this.findings.check(
        inTable(table, code, codingScheme.join()),
        METADATA_ERROR,
        where,
        `${code} (${codingScheme}) is not in the value set`,
      );
      this.findings.check(!seen.has(`${code} ${codingScheme}`), METADATA_ERROR, where, `${code} is given twice`);
      seen.add(`${code} ${codingScheme}`);
      const names = elements(one)
        .filter((child) => is(child, NS.rim, "Name"))
        .flatMap(elements);
      const display = attribute(names[0], "value") ?? "";
      const shown = display.trim() !== "" && display.toLowerCase() !== "error";
      this.findings.check(shown, METADATA_ERROR, where, `${code} has no display name, or "error"`);
    }
  }

  identifier(element: Element, name: string, scheme: string): string {
    const all = children(element, NS.rim, "ExternalIdentifier");
    const found = all.filter((one) => attribute(one, "identificationScheme") === scheme);
    const where = `${attribute(element, "id")}/${name}`;
    this.findings.check(
      found.length === 1,
      METADATA_ERROR,
      where,
      `${found.length} ExternalIdentifier, one is expected`,
    );
    const [label] = found.flatMap((one) => children(one, NS.rim, "Name")).flatMap(elements);
    this.findings.check(attribute(label, "value") === name, METADATA_ERROR, where, `its Name is not ${name}`);
    return attribute(found[0], "value") ?? "";
  }

  patientId(value: string, where: string): void {
    const [, ins = "", oid = ""] = /^([^^&\s]+)\^\^\^&([\d.]+)&ISO\^NH$/.exec(value) ?? [];
    if (!this.findings.check(ins !== "", METADATA_ERROR, where, "<INS>^^^&<OID>&ISO^NH is expected")) return;
    this.findings.check(INS_TEST.has(oid), METADATA_ERROR, where, `${oid} is not an OID of test INS`);
    this.findings.check(isIns(ins), METADATA_ERROR, where, "the INS does not have 13 characters and the right key");
  }

  /** Returns the ids of the institutions. */
  authors(element: Element, scheme: string): string[] {
    const found = classified(element, scheme);
    const place = `${attribute(element, "id")}/author`;
    this.findings.check(found.length > 0, METADATA_ERROR, place, "no author");
    return found.flatMap((author) => {
      const person = slot(author, "authorPerson");
      const right = person.length === 1 && (isPerson(person[0] ?? "") || isDevice(person[0] ?? ""));
      this.findings.check(
        right,
        METADATA_ERROR,
        `${place}/authorPerson`,
        "one XCN of a professional or a device is expected",
      );
      const institutions = slot(author, "authorInstitution");
      const ids = institutions.map((value) => XON.exec(value)?.[1] ?? "");
      this.findings.check(
        ids.length > 0 && !ids.includes(""),
        METADATA_ERROR,
        `${place}/authorInstitution`,
        "an XON of a structure is expected",
      );
      for (const specialty of slot(author, "authorSpecialty")) {
        const coded = /^[^^]+\^[^^]+\^[\d.]+$/.test(specialty);
        this.findings.check(coded, METADATA_ERROR, `${place}/authorSpecialty`, "code^display^OID is expected");
      }
      return ids.filter((id) => id !== "");
    });
  }
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
