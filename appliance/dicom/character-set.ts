import { decodeCodeExtensions, extensionSets } from "./code-extensions.ts";
import { decodeSingleByte, singleByteSets } from "./single-byte.ts";

/** Text and whether its bytes really were of the declared character set. Undecodable bytes are U+FFFD. */
export interface Decoded {
  readonly text: string;
  readonly suspect: boolean;
}

/** The meaning of one value of (0008,0005) Specific Character Set (PS3.3 C.12.1.1.2). */
export interface CharacterSet {
  /** Defined terms in their normal spelling, first one first; empty for the default repertoire. */
  readonly terms: readonly string[];
  /** `personName` makes `^` and `=` end a code extension (PS3.5 6.1.2.5.3). */
  decode(bytes: Buffer, personName: boolean): Decoded;
}

/** Begins an escape sequence, which only sets with code extensions may have. */
const ESCAPE = 0x1b;

/** ISO 646, the default character repertoire: a byte above 127 is undecodable. */
export const defaultCharacterSet: CharacterSet = characterSet([], (bytes) => decodeSingleByte(bytes, "ISO_IR 6"));

/**
 * The character set that the values of (0008,0005) name. Misspellings of the field are understood: hyphen, underscore or
 * nothing for the space, small letters, `ISO 2022 IR58`, `UTF-8`, `LATIN1`. A term nobody knows decodes as the default
 * repertoire, so anything beyond ASCII is suspect.
 */
export function characterSetOf(values: readonly string[]): CharacterSet {
  const terms = values.map(normalTerm);
  const first = terms[0] ?? "";
  if (terms.length > 1 || extensionSets.has(first)) {
    if (!multiByte.has(first))
      return characterSet(terms, (bytes, personName) => decodeCodeExtensions(bytes, terms, personName));
  }
  const decoders = multiByte.get(first);
  if (decoders !== undefined) return characterSet(terms, (bytes) => decodeWith(bytes, decoders));
  if (singleByteSets.has(first)) return characterSet(terms, (bytes) => decodeSingleByte(bytes, first));
  return first === "" ? defaultCharacterSet : characterSet(terms, defaultCharacterSet.decode);
}

/** One that throws on bytes that are not of the set, and one that puts U+FFFD in their place. */
interface Decoders {
  readonly strict: TextDecoder;
  readonly lenient: TextDecoder;
}

/** Sets that stand alone, without code extensions. */
const multiByte = new Map([
  ["ISO_IR 192", decodersOf("utf-8")],
  ["GB18030", decodersOf("gb18030")],
  ["GBK", decodersOf("gbk")],
]);

const synonyms = new Map([
  ["UTF8", "ISO_IR 192"],
  ["LATIN1", "ISO_IR 100"],
  ["ISO88591", "ISO_IR 100"],
  ["ASCII", "ISO_IR 6"],
]);

function normalTerm(value: string): string {
  const squeezed = value.toUpperCase().replace(/[\s_.-]/g, "");
  const code = /^ISO(2022)?IR(\d+)$/.exec(squeezed);
  if (code !== null) return code[1] === undefined ? `ISO_IR ${code[2]}` : `ISO 2022 IR ${code[2]}`;
  return synonyms.get(squeezed) ?? squeezed;
}

function decodersOf(encoding: string): Decoders {
  const ignoreBOM = true;
  return {
    strict: new TextDecoder(encoding, { fatal: true, ignoreBOM }),
    lenient: new TextDecoder(encoding, { ignoreBOM }),
  };
}

function decodeWith(bytes: Buffer, { strict, lenient }: Decoders): Decoded {
  try {
    return { text: strict.decode(bytes), suspect: bytes.includes(ESCAPE) };
  } catch {
    return { text: lenient.decode(bytes), suspect: true };
  }
}

/** Plain ASCII without an escape reads the same in every set: most values of most objects. */
function characterSet(terms: readonly string[], decode: CharacterSet["decode"]): CharacterSet {
  return {
    terms,
    decode: (bytes, personName) =>
      isPlainASCII(bytes) ? { text: bytes.toString("latin1"), suspect: false } : decode(bytes, personName),
  };
}

/** No byte above 127 and no escape sequence. */
export function isPlainASCII(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80 || bytes[at] === ESCAPE) return false;
  return true;
}
