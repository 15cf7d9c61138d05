import type { Decoded } from "./character-set.ts";

/**
 * The single-byte sets of PS3.3 table C.12-2: defined term, and the WHATWG decoder whose bytes A0 to FF are the same (that
 * standard names the Windows extension of some sets, which differs from 80 to 9F only, where DICOM has no character).
 */
export const singleByteSets: ReadonlyMap<string, string> = new Map([
  ["ISO_IR 6", ""],
  ["ISO_IR 100", "iso-8859-1"],
  ["ISO_IR 101", "iso-8859-2"],
  ["ISO_IR 109", "iso-8859-3"],
  ["ISO_IR 110", "iso-8859-4"],
  ["ISO_IR 144", "iso-8859-5"],
  ["ISO_IR 127", "iso-8859-6"],
  ["ISO_IR 126", "iso-8859-7"],
  ["ISO_IR 138", "iso-8859-8"],
  ["ISO_IR 148", "iso-8859-9"],
  ["ISO_IR 203", "iso-8859-15"],
  ["ISO_IR 166", "windows-874"],
  ["ISO_IR 13", ""],
]);

const latin = new Set(["ISO_IR 100", "ISO_IR 101", "ISO_IR 109", "ISO_IR 110", "ISO_IR 148", "ISO_IR 203"]);
const tables = new Map<string, readonly string[]>();

/** Decodes a single-byte set named by its defined term. */
export function decodeSingleByte(bytes: Buffer, term: string): Decoded {
  const table = upperHalf(term);
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : table[byte - 0x80];
  return { text, suspect: /[\uFFFD\x1b]/.test(text) || (latin.has(term) && looksMislabelled(bytes)) };
}

/** The characters of bytes 80 to FF; U+FFFD where the set has none. */
export function upperHalf(term: string): readonly string[] {
  let table = tables.get(term);
  if (table === undefined) {
    const label = singleByteSets.get(term);
    const decoder = label === undefined || label === "" ? undefined : new TextDecoder(label);
    table = Array.from({ length: 128 }, (_, index) => {
      const byte = index + 0x80;
      if (term === "ISO_IR 13")
        return byte > 0xa0 && byte < 0xe0 ? String.fromCharCode(0xff61 - 0xa1 + byte) : "\uFFFD";
      return decoder === undefined || byte < 0xa0 ? "\uFFFD" : decoder.decode(Uint8Array.of(byte));
    });
    tables.set(term, table);
  }
  return table;
}

/**
 * Every byte above A0 is a Latin character, so a wrong label goes unnoticed by decoding. No name of a Latin language has four
 * accented characters in a row, as two GBK or Korean characters give; and bytes that are UTF-8 throughout are UTF-8.
 */
function looksMislabelled(bytes: Buffer): boolean {
  let run = 0;
  for (const byte of bytes) {
    run = byte >= 0x80 ? run + 1 : 0;
    if (run === 4) return true;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
