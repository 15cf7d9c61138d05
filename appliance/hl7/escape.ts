/**
 * Escape sequences (HL7 v2.6 chapter 2.7).
 *
 * `\F\ \S\ \T\ \R\ \E\` are the delimiters, `\.br\` a line feed, `\Xdd..\` bytes **of the message's character set**:
 * `\XC3A9\` is `é` in UTF-8, `\XE9\` in 8859/1, and `\X00E9\` holds a NUL and is refused. Any other sequence
 * (highlighting, other formatting) is kept as written.
 */
import { type Charset, decode } from "./charset.ts";
import { fault } from "./errors.ts";

/** MSH-1 and MSH-2, one byte each. */
export interface Separators {
  readonly field: number;
  readonly component: number;
  readonly repetition: number;
  readonly escape: number;
  readonly subcomponent: number;
}

const LF = 0x0a;

/** The text of a piece that holds no more delimiters. Refuses what is no text (`HL7_CHARSET`). */
export function unescapeText(raw: Buffer, separators: Separators, charset: Charset, where?: string): string {
  const bytes = raw.includes(separators.escape) ? replaceSequences(raw, separators) : raw;
  if (bytes.includes(0))
    throw fault("HL7_CHARSET", { ...(where === undefined ? {} : { where }), details: { charset } });
  return decode(bytes, charset, where);
}

/** The inverse of `unescapeText`, on text: delimiters escaped, line ends as `\.br\`, other control characters dropped. */
export function escapeText(text: string, separators: Separators): string {
  const char = String.fromCharCode;
  const e = char(separators.escape);
  const sequences: Readonly<Record<string, string>> = {
    [char(separators.field)]: `${e}F${e}`,
    [char(separators.component)]: `${e}S${e}`,
    [char(separators.subcomponent)]: `${e}T${e}`,
    [char(separators.repetition)]: `${e}R${e}`,
    [e]: `${e}E${e}`,
    "\n": `${e}.br${e}`,
  };
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\p{L}\p{N} ]/gu, (character) => sequences[character] ?? (character < " " ? "" : character));
}

function replaceSequences(raw: Buffer, separators: Separators): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at < raw.length) {
    const open = raw.indexOf(separators.escape, at);
    const close = open < 0 ? -1 : raw.indexOf(separators.escape, open + 1);
    if (close < 0) break;
    pieces.push(
      raw.subarray(at, open),
      meaning(raw.toString("latin1", open + 1, close), separators) ?? raw.subarray(open, close + 1),
    );
    at = close + 1;
  }
  pieces.push(raw.subarray(at));
  return Buffer.concat(pieces);
}

function meaning(sequence: string, separators: Separators): Buffer | undefined {
  switch (sequence) {
    case "F":
      return Buffer.of(separators.field);
    case "S":
      return Buffer.of(separators.component);
    case "T":
      return Buffer.of(separators.subcomponent);
    case "R":
      return Buffer.of(separators.repetition);
    case "E":
      return Buffer.of(separators.escape);
    case ".br":
      return Buffer.of(LF);
    default:
      return /^X(?:[0-9A-Fa-f]{2})+$/.test(sequence) ? Buffer.from(sequence.slice(1), "hex") : undefined;
  }
}
