/** One segment, split only where it is asked: a 5 MB observation costs what its neighbours cost. */
import type { Charset } from "./charset.ts";
import { fault } from "./errors.ts";
import { type Separators, unescapeText } from "./escape.ts";

/** Longest segment of the standard: below 100 fields (PV2, TXA, local tails); ours to choose. */
export const MAX_FIELDS = 200;
/** More repetitions than any field of the profile has a use for; ours to choose. */
const MAX_REPETITIONS = 200;

/** Bytes of one text: the longest of the standard, FT and TX (v2.6 chapter 2.A). Only a document is longer, and is read raw. */
export const MAX_TEXT = 65_536;

/** The HL7 null: the sender says "empty", which differs from saying nothing. */
export const NULL = '""';

/** How the bytes of a message are to be read. */
export interface Encoding {
  readonly separators: Separators;
  readonly charset: Charset;
}

/** One repetition of a field. Absent components and subcomponents read as the empty string. */
export class Repetition {
  readonly bytes: Buffer;
  /** `PID-3[2]`: for errors. */
  readonly where: string;
  readonly #encoding: Encoding;

  constructor(bytes: Buffer, where: string, encoding: Encoding) {
    this.bytes = bytes;
    this.where = where;
    this.#encoding = encoding;
  }

  get separators(): Separators {
    return this.#encoding.separators;
  }

  /** The bytes of a component (from 1), escapes and subcomponents as sent. */
  raw(component: number): Buffer {
    return nth(this.bytes, component, this.#encoding.separators.component);
  }

  /** The exact text; throws `HL7_CHARSET`, and `HL7_FIELD_TYPE` for one that is too long. */
  text(component = 1, subcomponent = 1): string {
    const { separators, charset } = this.#encoding;
    const raw = nth(this.raw(component), subcomponent, separators.subcomponent);
    const where = `${this.where}.${component}`;
    if (raw.length > MAX_TEXT) throw fault("HL7_FIELD_TYPE", { where });
    return unescapeText(raw, separators, charset, where);
  }

  /** The text without blanks around it (no-break spaces too); the HL7 null says nothing here and reads as empty. */
  value(component = 1, subcomponent = 1): string {
    const text = this.text(component, subcomponent).trim();
    return text === NULL ? "" : text;
  }
}

export class Segment {
  readonly name: string;
  /** From 1, among the segments of the same name. */
  readonly occurrence: number;
  readonly bytes: Buffer;
  readonly #encoding: Encoding;
  #starts: readonly number[] | undefined;

  constructor(name: string, occurrence: number, bytes: Buffer, encoding: Encoding) {
    this.name = name;
    this.occurrence = occurrence;
    this.bytes = bytes;
    this.#encoding = encoding;
  }

  /** `OBX[2]-5`, the number only where there are several. */
  where(field?: number): string {
    const segment = this.occurrence === 1 ? this.name : `${this.name}[${this.occurrence}]`;
    return field === undefined ? segment : `${segment}-${field}`;
  }

  /** The bytes of a field (from 1), all repetitions. MSH-1 is the field separator itself (chapter 2.15.9.1). */
  raw(field: number): Buffer {
    const token = this.name === "MSH" ? field - 1 : field;
    if (token === 0) return Buffer.of(this.#encoding.separators.field);
    const starts = this.#fieldStarts();
    const start = starts[token];
    if (start === undefined) return this.bytes.subarray(0, 0);
    return this.bytes.subarray(start, (starts[token + 1] ?? this.bytes.length + 1) - 1);
  }

  /** The repetitions of a field: none when it is empty. */
  repetitions(field: number): Repetition[] {
    const raw = this.raw(field);
    if (raw.length === 0) return [];
    const starts = startsOf(raw, this.#encoding.separators.repetition, MAX_REPETITIONS, this.where(field));
    return starts.map((start, i) => {
      const piece = raw.subarray(start, (starts[i + 1] ?? raw.length + 1) - 1);
      return new Repetition(piece, i === 0 ? this.where(field) : `${this.where(field)}[${i + 1}]`, this.#encoding);
    });
  }

  /** The first repetition, empty when the field is. */
  first(field: number): Repetition {
    return new Repetition(
      nth(this.raw(field), 1, this.#encoding.separators.repetition),
      this.where(field),
      this.#encoding,
    );
  }

  /** `first(field).text(...)`. */
  text(field: number, component = 1, subcomponent = 1): string {
    return this.first(field).text(component, subcomponent);
  }

  /** `first(field).value(...)`. */
  value(field: number, component = 1, subcomponent = 1): string {
    return this.first(field).value(component, subcomponent);
  }

  #fieldStarts(): readonly number[] {
    this.#starts ??= startsOf(this.bytes, this.#encoding.separators.field, MAX_FIELDS, this.where());
    return this.#starts;
  }
}

/** Where each piece begins; the search is native, whatever the size of the pieces. */
function startsOf(bytes: Buffer, separator: number, limit: number, where: string): number[] {
  const starts = [0];
  for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, at + 1)) {
    if (starts.length === limit) throw fault("HL7_TOO_MANY_PARTS", { where, details: { limit } });
    starts.push(at + 1);
  }
  return starts;
}

/** The piece at `position` (from 1), or empty. */
function nth(bytes: Buffer, position: number, separator: number): Buffer {
  let start = 0;
  for (let i = 1; i < position; i++) {
    const at = bytes.indexOf(separator, start);
    if (at < 0) return bytes.subarray(0, 0);
    start = at + 1;
  }
  const end = bytes.indexOf(separator, start);
  return bytes.subarray(start, end < 0 ? bytes.length : end);
}
