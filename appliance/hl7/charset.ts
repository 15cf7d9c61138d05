/** Character sets of HL7 v2 (MSH-18, table 0211), as far as French senders use them. */
import { fault } from "./errors.ts";

/** `latin1` and `latin9` are ISO 8859-1 and 8859-15. */
export type Charset = "ascii" | "utf-8" | "latin1" | "latin9";

/** Table 0211. */
const tableNames = ["ASCII", "8859/1", "8859/15", "UNICODE", "UNICODE UTF-8"];

/** Those names and others met in the field, letters and digits alone. 8859-1 is read as its superset in any case. */
const names: Readonly<Record<string, Charset>> = {
  ASCII: "ascii",
  "88591": "latin1",
  ISO88591: "latin1",
  WINDOWS1252: "latin1",
  CP1252: "latin1",
  "885915": "latin9",
  ISO885915: "latin9",
  UNICODE: "utf-8",
  UNICODEUTF8: "utf-8",
  UTF8: "utf-8",
};

/** The set that a name of MSH-18 means, in any of its spellings, or undefined. */
export function charsetNamed(name: string): Charset | undefined {
  const key = name.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/** True for a name of table 0211 as it stands there. */
export function isCharsetName(name: string): boolean {
  return tableNames.includes(name);
}

/**
 * Both are decoders of the web platform, where 8859-1 reads 0x80-0x9F as Windows-1252: those bytes are no text in
 * 8859-1, and a RIS on Windows sends them for the French apostrophe and the oe ligature.
 */
const decoders = {
  "utf-8": new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }),
  latin1: new TextDecoder("windows-1252"),
  latin9: new TextDecoder("iso-8859-15"),
};

/**
 * Bytes of a message as text. An 8859 set always decodes; bytes that are no UTF-8, or above 0x7F in ASCII, are
 * refused rather than guessed (`HL7_CHARSET`). `where` goes into the error.
 */
export function decode(bytes: Uint8Array, charset: Charset, where?: string): string {
  if (charset === "latin1" || charset === "latin9") return decoders[charset].decode(bytes);
  try {
    const text = decoders["utf-8"].decode(bytes);
    if (charset === "utf-8" || text.length === bytes.length) return text;
  } catch {
    // Falls to the one refusal below.
  }
  throw fault("HL7_CHARSET", { ...(where === undefined ? {} : { where }), details: { charset } });
}

/** The eight places where 8859-15 differs from 8859-1. */
const latin9 = new Map(
  [..."\u20ac\u0160\u0161\u017d\u017e\u0152\u0153\u0178"].map((c, i) => [
    c,
    [0xa4, 0xa6, 0xa8, 0xb4, 0xb8, 0xbc, 0xbd, 0xbe][i],
  ]),
);
const displaced = new Set(latin9.values());

/** Text as bytes; a character that the set cannot write becomes `?`. */
export function encode(text: string, charset: Charset): Buffer {
  if (charset === "utf-8") return Buffer.from(text, "utf8");
  const highest = charset === "ascii" ? 0x7f : 0xff;
  return Buffer.from(
    Array.from(text, (character) => {
      const code = character.codePointAt(0) ?? 0x3f;
      if (charset === "latin9" && latin9.has(character)) return latin9.get(character) ?? 0x3f;
      return code > highest || (charset === "latin9" && displaced.has(code)) ? 0x3f : code;
    }),
  );
}
