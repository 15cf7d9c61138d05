/** An HL7 v2 message, ER7 (v2.6 chapter 2.6), read on its bytes. */
import { isAscii, isUtf8 } from "node:buffer";
import { type Charset, charsetNamed } from "./charset.ts";
import { fault } from "./errors.ts";
import type { Separators } from "./escape.ts";
import { Segment } from "./segment.ts";

/** A report message has about 30 segments; ours to choose. */
export const MAX_SEGMENTS = 1000;
/** MSH-10 is 199 long at most (v2.7); it is echoed in the acknowledgement and kept in the journal. */
const MAX_CONTROL_ID = 199;

export interface ParseOptions {
  /** What an empty MSH-18 means for this peer; the standard says ASCII, the profile UTF-8. Default `utf-8`. */
  readonly defaultCharset?: Charset;
}

export class Message {
  readonly separators: Separators;
  readonly charset: Charset;
  /** In order; blank lines are skipped. The first is MSH. */
  readonly segments: readonly Segment[];

  constructor(separators: Separators, charset: Charset, segments: readonly Segment[]) {
    this.separators = separators;
    this.charset = charset;
    this.segments = segments;
  }

  get msh(): Segment {
    return this.segments[0]!;
  }

  /** The first segment of that name. */
  segment(name: string): Segment | undefined {
    return this.segments.find((segment) => segment.name === name);
  }

  all(name: string): Segment[] {
    return this.segments.filter((segment) => segment.name === name);
  }
}

const CR = 0x0d;
const LF = 0x0a;

/**
 * Reads a message without its MLLP frame. The bytes are kept, not copied.
 *
 * Segments end with CR; LF and CRLF are accepted. A line that does not begin like a segment (`XXX|`) is the rest of
 * the segment before it: base64 broken every 76 characters, a text with a line end inside.
 *
 * Errors: `HL7_NOT_A_MESSAGE`, `HL7_TOO_MANY_PARTS`, `HL7_CHARSET_UNKNOWN`, `HL7_CHARSET` (UTF-8 or ASCII declared,
 * other bytes found; an 8859 set always decodes), `HL7_FIELD_TYPE` (a field of MSH too long).
 */
export function parseMessage(bytes: Buffer, options: ParseOptions = {}): Message {
  const body = bytes.subarray(firstText(bytes));
  const separators = readSeparators(body);
  const lines = segmentLines(body, separators.field);
  const first = lines[0];
  if (first === undefined) throw fault("HL7_NOT_A_MESSAGE");

  const charset = readCharset(new Segment("MSH", 1, first, { separators, charset: "latin1" }), options);
  checkBytes(body, charset);
  const seen = new Map<string, number>();
  const segments = lines.map((line) => {
    const name = line.toString("latin1", 0, 3);
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    return new Segment(name, occurrence, line, { separators, charset });
  });
  const message = new Message(separators, charset, segments);
  const { msh } = message;
  if (msh.raw(10).length > MAX_CONTROL_ID) throw fault("HL7_FIELD_TYPE", { where: "MSH-10" });
  // Whoever holds a message may ask who sent it: a header that is no text is refused here and nowhere later.
  for (let field = 3; field <= 12; field++) msh.text(field);
  return message;
}

/** Skips what some senders put before MSH: a UTF-8 byte order mark, blank lines. */
function firstText(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[at] === CR || bytes[at] === LF || bytes[at] === 0x20) at++;
  return at;
}

/** MSH-1 and MSH-2 (chapter 2.5.4). A fifth character, the truncation mark of v2.7, is ignored. */
export function readSeparators(body: Buffer): Separators {
  const field = body[3];
  if (body.toString("latin1", 0, 3) !== "MSH" || field === undefined) throw fault("HL7_NOT_A_MESSAGE");
  const [component, repetition, escapeMark, subcomponent] = body.subarray(4, 8);
  if (component === undefined || repetition === undefined || escapeMark === undefined || subcomponent === undefined)
    throw fault("HL7_NOT_A_MESSAGE", { where: "MSH-2" });
  const all = [field, component, repetition, escapeMark, subcomponent];
  // A delimiter that is a line end or of base64 would cut the text or the document itself; a dot, every OID.
  const usable = all.every((byte) => byte > 0x20 && byte < 0x7f && !/[A-Za-z0-9+/=.]/.test(String.fromCharCode(byte)));
  if (!usable || new Set(all).size !== all.length) throw fault("HL7_NOT_A_MESSAGE", { where: "MSH-2" });
  return { field, component, repetition, escape: escapeMark, subcomponent };
}

/** Cuts at line ends; both kinds are looked for once over the whole message, so the cost is linear. */
function segmentLines(body: Buffer, separator: number): Buffer[] {
  const lines: Buffer[] = [];
  let start = 0;
  let open = -1;
  let end = 0;
  let cr = body.indexOf(CR);
  let lf = body.indexOf(LF);
  while (start < body.length) {
    if (cr >= 0 && cr < start) cr = body.indexOf(CR, start);
    if (lf >= 0 && lf < start) lf = body.indexOf(LF, start);
    const stop = cr < 0 ? lf : lf < 0 ? cr : Math.min(cr, lf);
    const lineEnd = stop < 0 ? body.length : stop;
    if (lineEnd > start) {
      if (beginsSegment(body, start, lineEnd, separator)) {
        if (open >= 0) lines.push(body.subarray(open, end));
        if (lines.length === MAX_SEGMENTS) throw fault("HL7_TOO_MANY_PARTS", { details: { limit: MAX_SEGMENTS } });
        open = start;
      }
      end = lineEnd;
    }
    start = lineEnd + 1;
  }
  if (open >= 0) lines.push(body.subarray(open, end));
  return lines;
}

/** `[A-Z][A-Z0-9]{2}` and then the field separator or the end of the line. */
function beginsSegment(body: Buffer, start: number, end: number, separator: number): boolean {
  const length = end - start;
  if (length < 3 || (length > 3 && body[start + 3] !== separator)) return false;
  return /^[A-Z][A-Z0-9]{2}$/.test(body.toString("latin1", start, start + 3));
}

function readCharset(msh: Segment, options: ParseOptions): Charset {
  const name = msh.value(18);
  if (name === "") return options.defaultCharset ?? "utf-8";
  const charset = charsetNamed(name);
  if (charset === undefined) throw fault("HL7_CHARSET_UNKNOWN", { where: "MSH-18" });
  return charset;
}

function checkBytes(body: Buffer, charset: Charset): void {
  const valid = charset === "utf-8" ? isUtf8(body) : charset === "ascii" ? isAscii(body) : true;
  if (!valid) throw fault("HL7_CHARSET", { where: "MSH-18", details: { charset } });
}
