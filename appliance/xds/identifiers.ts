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

/** A professional: legal name (`D`) and national identifier (`IDNPS`). */
export function xcnPerson({ id, oid, family, given }: Person): string {
  return `${part(id)}^${part(family)}^${part(given)}^^^^^^${authority(oid)}^D^^^IDNPS`;
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
  return `${part(id)}^${part(name)}^${part(manufacturer)}^^^^^^${authority(oid)}^U^^^${idType}`;
}

/** A structure: its name and national identifier (`IDNST`). */
export function xon(name: string, id: string, oid: string): string {
  return `${part(name)}^^^^^${authority(oid)}^IDNST^^^${part(id)}`;
}

/** `code^display^oid`: a coded value inside one string. */
export function ce(code: string, display: string, oid: string): string {
  return `${part(code)}^${part(display)}^${oid}`;
}

/** One PID field for sourcePatientInfo, its components escaped. */
export function pid(field: number, ...components: string[]): string {
  return `PID-${field}|${components.map(part).join("^")}`;
}

/** `YYYYMMDDhhmmss` in UTC (ITI TF-3 4.2.3.1.7, DTM). */
export function dtm(instant: Date): string {
  return instant.toISOString().slice(0, 19).replace(/[-:T]/g, "");
}
