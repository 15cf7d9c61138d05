/** HL7 v2 data types as XDS metadata writes them (ITI TF-3 4.2.3.1.7), and XDS times. */

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\E\\",
  "|": "\\F\\",
  "^": "\\S\\",
  "&": "\\T\\",
  "~": "\\R\\",
};

/** A value that may hold a delimiter, escaped (HL7 v2.5, 2.7.1). */
function part(value: string): string {
  return value.replace(/[\\|^&~]/g, (delimiter) => ESCAPES[delimiter]!);
}

/** Room for a name: with the identifiers beside it, it stays within the 256 characters of a slot's value (ebRIM, LongName). */
const NAME_LENGTH = 80;

/** A name that a person reads, escaped and shortened to what fits, never inside an escape. */
function label(value: string): string {
  let fitting = "";
  for (const character of value.trim()) {
    const next = part(character);
    if (fitting.length + next.length > NAME_LENGTH) break;
    fitting += next;
  }
  return fitting;
}

const authority = (oid: string | undefined) => (oid === undefined ? "" : `&${oid}&ISO`);

/** `value^^^&oid&ISO^type`: a patient identifier (`NH` INS, `PI` local) or, typed by URN, a CXi reference. */
export function cx(value: string, oid: string | undefined, type: string): string {
  return `${part(value)}^^^${authority(oid)}^${type}`;
}

export interface Person {
  readonly id: string;
  readonly oid: string;
  readonly family: string;
  readonly given: string;
}

/** A professional: legal name (`D`) and national identifier: `IDNPS`, or `EI` when it is one inside a structure (`id/inner`). */
export function xcnPerson({ id, oid, family, given }: Person): string {
  const type = id.includes("/") ? "EI" : "IDNPS";
  return `${part(id)}^${label(family)}^${label(given)}^^^^^^${authority(oid)}^D^^^${type}`;
}

/** A system: name without owner (`U`), `EI` or `RI` identifier. */
export function xcnDevice(device: {
  id: string;
  oid: string;
  name: string;
  manufacturer: string;
  idType: string;
}): string {
  const { id, oid, name, manufacturer, idType } = device;
  return `${part(id)}^${label(name)}^${label(manufacturer)}^^^^^^${authority(oid)}^U^^^${idType}`;
}

/** A structure: its name and national identifier (`IDNST`). */
export function xon(name: string, id: string, oid: string): string {
  return `${label(name)}^^^^^${authority(oid)}^IDNST^^^${part(id)}`;
}

/** `code^display^oid`: a coded value inside one string. */
export function ce(code: string, display: string, oid: string): string {
  return `${part(code)}^${label(display)}^${oid}`;
}

/** One PID field for sourcePatientInfo, its components escaped and shortened. */
export function pid(field: number, ...components: string[]): string {
  return `PID-${field}|${components.map(label).join("^")}`;
}

/** `YYYYMMDDhhmmss` in UTC (ITI TF-3 4.2.3.1.7, DTM). */
export function dtm(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace(/[-:T]/g, "");
}
