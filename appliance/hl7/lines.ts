/** The bytes of a message cut into segments; the bytes are kept, not copied. */
import { fault } from "./errors.ts";

/** A report message has about 30 segments; ours to choose. */
export const MAX_SEGMENTS = 1000;

export const CR = 0x0d;
export const LF = 0x0a;
const SPACE = 0x20;

/**
 * Where the segments begin and end: after a UTF-8 byte order mark and blank lines, before the control characters (NUL,
 * SUB, line ends) that some senders leave after the last one.
 */
export function extent(bytes: Buffer): { readonly start: number; readonly end: number } {
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (bytes[start] === CR || bytes[start] === LF || bytes[start] === SPACE) start++;
  let end = bytes.length;
  while (end > start && (bytes[end - 1] as number) <= SPACE) end--;
  return { start, end };
}

/**
 * Segments end with CR; LF and CR LF are accepted. A line that does not begin like a segment (`PID|`) is the rest of
 * the segment before it: base64 broken every 76 characters, a text with a line end inside. Both kinds of end are looked
 * for once over the whole message, so the cost is linear. Errors: `HL7_TOO_MANY_PARTS`.
 */
export function segmentLines(body: Buffer, separator: number): Buffer[] {
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
