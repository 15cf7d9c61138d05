/** An HL7 v2 message, ER7 (v2.6 chapter 2.6), read on its bytes. */
import { isAscii, isUtf8 } from "node:buffer";
import { type Charset, charsetNamed, isCharsetName } from "./charset.ts";
import { fault } from "./errors.ts";
import type { Separators } from "./escape.ts";
import { CR, extent, LF, segmentLines } from "./lines.ts";
import type { Remark } from "./remarks.ts";
import { Segment } from "./segment.ts";

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
  /** What was tolerated to read it. */
  readonly remarks: readonly Remark[];

  constructor(separators: Separators, charset: Charset, segments: readonly Segment[], remarks: readonly Remark[]) {
    this.separators = separators;
    this.charset = charset;
    this.segments = segments;
    this.remarks = remarks;
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

/**
 * Reads a message without its MLLP frame. The bytes are kept, not copied.
 *
 * Errors: `HL7_NOT_A_MESSAGE`, `HL7_TOO_MANY_PARTS`, `HL7_CHARSET_UNKNOWN`, `HL7_CHARSET` (bytes that are not of the
 * declared set, or whose set is in doubt where it counts), `HL7_FIELD_TYPE` (a field of MSH too long).
 */
export function parseMessage(bytes: Buffer, options: ParseOptions = {}): Message {
  const { start, end } = extent(bytes);
  const body = bytes.subarray(start, end);
  const separators = readSeparators(body);
  const lines = segmentLines(body, separators.field);
  const first = lines[0];
  if (first === undefined) throw fault("HL7_NOT_A_MESSAGE");

  const remarks: Remark[] = [];
  if (start > 0) remarks.push({ code: "HL7_BEFORE_MSH", where: "MSH" });
  if (bytes.subarray(end).some((byte) => byte !== CR && byte !== LF))
    remarks.push({ code: "HL7_AFTER_LAST_SEGMENT", where: "MSH" });
  if (body[first.length] === LF || body[first.length + 1] === LF)
    remarks.push({ code: "HL7_SEGMENT_END", where: "MSH" });
  const msh18 = new Segment("MSH", 1, first, { separators, charset: "latin1" }).value(18);
  const charset = chooseCharset(body, msh18, options.defaultCharset ?? "utf-8", remarks);

  const seen = new Map<string, number>();
  const segments = lines.map((line) => {
    const name = line.toString("latin1", 0, 3);
    const occurrence = (seen.get(name) ?? 0) + 1;
    seen.set(name, occurrence);
    return new Segment(name, occurrence, line, { separators, charset });
  });
  if (remarks.some(({ code }) => code === "HL7_CHARSET_CONTRADICTED")) refuseDoubtfulNumbers(segments, charset);
  const message = new Message(separators, charset, segments, remarks);
  const { msh } = message;
  if (msh.raw(10).length > MAX_CONTROL_ID) throw fault("HL7_FIELD_TYPE", { where: "MSH-10" });
  // Whoever holds a message may ask who sent it: a header that is no text is refused here and nowhere later.
  for (let field = 3; field <= 12; field++) msh.text(field);
  return message;
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

/**
 * MSH-18, else the sender's default, decides. The one thing that overrules both is proof: bytes beyond ASCII that are
 * all well-formed UTF-8 are no French text in an 8859 set, where each `é` would have to be followed by the right sign.
 * Then UTF-8 is read, with a remark. The name read so is published only if the CDA, which declares its own encoding,
 * has the same; the numbers that tell patients and exams apart must not depend on the reading at all.
 */
function chooseCharset(body: Buffer, name: string, otherwise: Charset, remarks: Remark[]): Charset {
  const declared = name === "" ? otherwise : charsetNamed(name);
  if (declared === undefined) throw fault("HL7_CHARSET_UNKNOWN", { where: "MSH-18" });
  if (name !== "" && !isCharsetName(name)) remarks.push({ code: "HL7_CHARSET_SPELLING", where: "MSH-18" });
  if (isAscii(body) || (declared === "utf-8" && isUtf8(body))) return declared;
  if (declared !== "utf-8" && isUtf8(body)) {
    remarks.push({ code: "HL7_CHARSET_CONTRADICTED", where: "MSH-18" });
    return "utf-8";
  }
  if (declared === "utf-8" || declared === "ascii")
    throw fault("HL7_CHARSET", { where: "MSH-18", details: { charset: declared } });
  return declared;
}

/** Patient identifiers; order and accession numbers. */
const numbers = new Map([
  ["PID", [3]],
  ["ORC", [2, 3]],
  ["OBR", [2, 3]],
  ["IPC", [1]],
]);

function refuseDoubtfulNumbers(segments: readonly Segment[], charset: Charset): void {
  for (const segment of segments)
    for (const field of numbers.get(segment.name) ?? [])
      for (const number of segment.repetitions(field))
        if (!isAscii(number.raw(1))) throw fault("HL7_CHARSET", { where: number.where, details: { charset } });
}
