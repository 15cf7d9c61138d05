import { trustErrors } from "./errors.ts";

/** An attribute as written: a string, or after `#` the bytes of its BER value. */
export interface WrittenAttribute {
  readonly keyword: string;
  readonly value: string | Buffer;
}

/** Longest text of a name. RFC 5280 bounds an attribute at 64 or 128 characters; a name has five to ten of them. */
const MAX_CHARACTERS = 2_048;

/**
 * Takes the string form of RFC 4514 section 3 apart: RDNs between `,`, attributes between `+`, escapes resolved.
 * An empty text is the empty name.
 * @throws TRUST_NAME_INVALID with the offset of the character that does not belong there
 */
export function splitName(text: string): WrittenAttribute[][] {
  if (text.length > MAX_CHARACTERS) throw invalid(MAX_CHARACTERS);
  if (text.trim() === "") return [];
  const rdns: WrittenAttribute[][] = [[]];
  for (let at = 0; ; ) {
    const equals = text.indexOf("=", at);
    if (equals < 0) throw invalid(at);
    const { value, end } = text
      .slice(equals + 1)
      .trimStart()
      .startsWith("#")
      ? readHexadecimal(text, equals + 1)
      : readCharacters(text, equals + 1);
    (rdns.at(-1) as WrittenAttribute[]).push({ keyword: text.slice(at, equals).trim(), value });
    if (end === text.length) return rdns;
    if (text[end] === ",") rdns.push([]);
    at = end + 1;
  }
}

/** What is escaped by itself after a backslash (RFC 4514 section 3: `pair`); anything else takes two hex digits. */
const ESCAPABLE = new Set(' "#+,;<=>\\');
/** What a value must not hold unescaped; `,` and `+` end it. */
const SPECIAL = new Set('"\\;<>\0');

/** The value from `start` to the next `,` or `+`; unescaped spaces at its ends are not its own. */
function readCharacters(text: string, start: number): { value: string; end: number } {
  const pieces: Buffer[] = [];
  let kept = 0;
  let at = start;
  while (text[at] === " ") at++;
  while (at < text.length && text[at] !== "," && text[at] !== "+") {
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    if (character === "\\") {
      const { bytes, length } = readEscape(text, at);
      pieces.push(bytes);
      kept = pieces.length;
      at += length;
      continue;
    }
    if (SPECIAL.has(character)) throw invalid(at);
    pieces.push(Buffer.from(character));
    if (character !== " ") kept = pieces.length;
    at += character.length;
  }
  try {
    // Escaped octets are UTF-8 among them (RFC 4514 section 3: hexpair), so the octets are put together first.
    const value = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Buffer.concat(pieces.slice(0, kept)),
    );
    return { value, end: at };
  } catch {
    throw invalid(start);
  }
}

function readEscape(text: string, at: number): { bytes: Buffer; length: number } {
  const next = text[at + 1];
  if (next !== undefined && ESCAPABLE.has(next)) return { bytes: Buffer.from(next), length: 2 };
  const pair = text.slice(at + 1, at + 3);
  if (!/^[0-9a-fA-F]{2}$/.test(pair)) throw invalid(at);
  return { bytes: Buffer.from(pair, "hex"), length: 3 };
}

function readHexadecimal(text: string, start: number): { value: Buffer; end: number } {
  const written = /^ *#((?:[0-9a-fA-F]{2})+) *(?=[,+]|$)/.exec(text.slice(start));
  if (written === null) throw invalid(start);
  return { value: Buffer.from(written[1] as string, "hex"), end: start + written[0].length };
}

/** RFC 4514 2.4; control characters too, so that a name in a log stays one line. */
export function escapeValue(value: string): string {
  return value
    .replace(/["+,;<>\\]/g, "\\$&")
    .replace(/^[ #]| $/g, "\\$&")
    .replace(/\p{Cc}/gu, (character) =>
      [...Buffer.from(character)].map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join(""),
    );
}

const invalid = (offset: number) => trustErrors.fault("TRUST_NAME_INVALID", { where: `character ${offset + 1}` });
