import type { Decoded } from "./character-set.ts";
import { upperHalf } from "./single-byte.ts";

/** A set designated to G0 (bytes 21 to 7E) or G1 (A1 to FE) by an escape sequence. */
interface Designation {
  readonly half: "G0" | "G1";
  /** Single-byte: the defined term of its upper half. */
  readonly term?: string;
  /** Double-byte: its decoder, what that wants before each character, and the bits it wants added to both bytes. */
  readonly double?: { readonly decoder: TextDecoder; readonly prefix: readonly number[]; readonly bits: 0 | 0x80 };
}

const eucJp = new TextDecoder("euc-jp");
const ascii: Designation = { half: "G0" };

/** PS3.3 tables C.12-3 and C.12-4: the final characters of each escape sequence, after ESC. */
const escapes = new Map<string, Designation>([
  ["(B", ascii],
  ["(J", ascii],
  [")I", { half: "G1", term: "ISO_IR 13" }],
  ["-A", { half: "G1", term: "ISO_IR 100" }],
  ["-B", { half: "G1", term: "ISO_IR 101" }],
  ["-C", { half: "G1", term: "ISO_IR 109" }],
  ["-D", { half: "G1", term: "ISO_IR 110" }],
  ["-L", { half: "G1", term: "ISO_IR 144" }],
  ["-G", { half: "G1", term: "ISO_IR 127" }],
  ["-F", { half: "G1", term: "ISO_IR 126" }],
  ["-H", { half: "G1", term: "ISO_IR 138" }],
  ["-M", { half: "G1", term: "ISO_IR 148" }],
  ["-b", { half: "G1", term: "ISO_IR 203" }],
  ["-T", { half: "G1", term: "ISO_IR 166" }],
  ["$B", { half: "G0", double: { decoder: eucJp, prefix: [], bits: 0x80 } }],
  ["$(D", { half: "G0", double: { decoder: eucJp, prefix: [0x8f], bits: 0x80 } }],
  ["$)C", { half: "G1", double: { decoder: new TextDecoder("euc-kr"), prefix: [], bits: 0 } }],
  ["$)A", { half: "G1", double: { decoder: new TextDecoder("gbk"), prefix: [], bits: 0 } }],
]);

const doubleByteTerms = new Map([
  ["ISO 2022 IR 149", escapes.get("$)C")!],
  ["ISO 2022 IR 58", escapes.get("$)A")!],
]);

/** The defined terms that announce code extensions. */
export const extensionSets: ReadonlySet<string> = new Set(
  [6, 13, 58, 87, 100, 101, 109, 110, 126, 127, 138, 144, 148, 149, 159, 166, 203].map((ir) => `ISO 2022 IR ${ir}`),
);

/**
 * Decodes text with ISO 2022 code extensions (PS3.5 6.1.2.5). The sets of the first term are active at the beginning and again
 * after each backslash and control character, and in a person name after `^` and `=`.
 */
export function decodeCodeExtensions(bytes: Buffer, terms: readonly string[], personName: boolean): Decoded {
  const initial = initialG1(terms[0] ?? "");
  let g0: Designation = ascii;
  let g1: Designation | undefined = initial;
  let text = "";
  let suspect = false;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    if (byte === 0x1b) {
      const [designation, length] = escapeAt(bytes, at + 1);
      at += 1 + length;
      if (designation === undefined) suspect = true;
      else if (designation.half === "G0") g0 = designation;
      else g1 = designation;
      continue;
    }
    const set = byte < 0x80 ? g0 : g1;
    if (byte > 0x20 && set?.double !== undefined && at + 1 < bytes.length) {
      const { decoder, prefix, bits } = set.double;
      text += decoder.decode(Uint8Array.of(...prefix, byte | bits, bytes[at + 1]! | bits));
      at += 2;
      continue;
    }
    at++;
    if (byte >= 0x80) {
      text += set?.term === undefined ? "\uFFFD" : upperHalf(set.term)[byte - 0x80];
      continue;
    }
    text += String.fromCharCode(byte);
    if (byte === 0x5c || byte < 0x20 || (personName && (byte === 0x5e || byte === 0x3d))) {
      g0 = ascii;
      g1 = initial;
    }
  }
  return { text, suspect: suspect || text.includes("\uFFFD") };
}

function initialG1(first: string): Designation | undefined {
  const double = doubleByteTerms.get(first);
  if (double !== undefined) return double;
  const term = first.replace("ISO 2022 IR", "ISO_IR");
  return [...escapes.values()].find((one) => one.term === term);
}

function escapeAt(bytes: Buffer, at: number): [Designation | undefined, number] {
  for (const length of [2, 3]) {
    const designation = escapes.get(bytes.toString("latin1", at, at + length));
    if (designation !== undefined) return [designation, length];
  }
  return [undefined, 0];
}
