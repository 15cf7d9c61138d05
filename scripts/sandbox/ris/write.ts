/** HL7 v2 as a RIS writes it: segments from their fields, and the faults that a test asks for. */
import { charsetNamed, encode, escapeText, type Separators } from "../../../appliance/hl7/index.ts";

/** How the message is written, whatever it says. */
export interface WriteOptions {
  /** MSH-10. */
  readonly controlId: string;
  /** MSH-18, and the encoding of the message (not of the CDA). Default `UNICODE UTF-8`. */
  readonly charset?: string;
  /** Fields to write otherwise, as they stand in the message: `{ "MSH-12": "2.7", "OBX[2]-5": "X" }`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Segments to leave out: `PV1`, `OBX[3]`. */
  readonly without?: readonly string[];
  /** Default CR. */
  readonly segmentEnd?: string;
}

const separators: Separators = { field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 };

/** The message without MLLP frame. */
export function writeMessage(segments: readonly (readonly string[])[], options: WriteOptions): Buffer {
  const charset = charsetNamed(options.charset ?? "UNICODE UTF-8") ?? "utf-8";
  const end = options.segmentEnd ?? "\r";
  const seen = new Map<string, number>();
  const lines = segments.flatMap((fields) => {
    const name = fields[0] ?? "";
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    const label = occurrence === 1 ? name : `${name}[${occurrence}]`;
    return options.without?.includes(label) ? [] : [override(fields, label, options.fields ?? {}).join("|") + end];
  });
  return encode(lines.join(""), charset);
}

/** A header of this RIS. */
export function msh(type: string, version: string, sentAt: string, profile: string, options: WriteOptions): string[] {
  const names = ["RIS-TILLEULS", "IMAGERIE", "DRIMBOX", "IMAGERIE"];
  const head = ["MSH", "^~\\&", ...names, sentAt, "", type, text(options.controlId), "P", version];
  return [...head, "", "", "", "", "FRA", options.charset ?? "UNICODE UTF-8", "", "", profile];
}

/** A segment from its fields by number. */
export function at(name: string, fields: Readonly<Record<number, string>>): string[] {
  const last = Math.max(...Object.keys(fields).map(Number));
  return [name, ...Array.from({ length: last }, (_, i) => fields[i + 1] ?? "")];
}

export function text(value: string): string {
  return escapeText(value, separators);
}

export function repeat(...values: readonly (string | undefined)[]): string {
  return values.filter((value) => value !== undefined && value !== "").join("~");
}

function override(segment: readonly string[], label: string, fields: Readonly<Record<string, string>>): string[] {
  const result = [...segment];
  for (const [where, value] of Object.entries(fields)) {
    if (!where.startsWith(`${label}-`)) continue;
    // MSH-1 is the separator itself, so MSH-2 stands first.
    const index = Number(where.slice(label.length + 1)) - (segment[0] === "MSH" ? 1 : 0);
    while (result.length <= index) result.push("");
    result[index] = value;
  }
  return result;
}
