/** Value representations, PS3.5 table 6.2-1 and 7.1.2. */

const shortForm = [
  "AE",
  "AS",
  "AT",
  "CS",
  "DA",
  "DS",
  "DT",
  "FL",
  "FD",
  "IS",
  "LO",
  "LT",
  "PN",
  "SH",
  "SL",
  "SS",
  "ST",
];
const all = [
  ...(["AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV"] as const),
  ...(["OW", "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV"] as const),
];

export type VR = (typeof all)[number];

/** What the codec must know of a VR. */
export interface VRFacts {
  readonly vr: VR;
  /** The two letters as a big-endian 16-bit number. */
  readonly code: number;
  /** Explicit header of 12 bytes with a 32-bit length; otherwise 8 bytes with a 16-bit length (PS3.5 7.1.2). */
  readonly long: boolean;
  /** How values are written. */
  readonly kind: "text" | "ascii" | "uid" | "binary" | "bytes" | "sequence";
  /** Bytes of one number, which is also what an endianness change swaps; 1 when nothing is swapped. */
  readonly width: 1 | 2 | 4 | 8;
  /** A backslash separates values. */
  readonly multiple: boolean;
}

const widths: Readonly<Partial<Record<VR, 2 | 4 | 8>>> = {
  ...{ AT: 2, US: 2, SS: 2, OW: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
};
const numbers = new Set<VR>(["AT", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV"]);
/** The VRs whose bytes follow the Specific Character Set (PS3.5 6.1.2.3). */
const texts = new Set<VR>(["LO", "LT", "PN", "SH", "ST", "UC", "UT"]);
const single = new Set<VR>(["LT", "ST", "UT", "UR"]);

const facts = new Map<VR, VRFacts>(all.map((vr) => [vr, factsOf(vr)]));
const byCode: (VRFacts | undefined)[] = [];
for (const fact of facts.values()) byCode[fact.code] = fact;

/** The facts of a VR. */
export function vrFacts(vr: VR): VRFacts {
  return facts.get(vr)!;
}

/**
 * The VR whose two letters are `code`. Two capital letters that PS3.5 does not know are a VR of the future, always of the
 * long form (PS3.5 6.2 note): read as UN. Anything else is no VR: undefined.
 */
export function vrFromCode(code: number): VRFacts | undefined {
  return byCode[code] ?? (isCapital(code >> 8) && isCapital(code & 0xff) ? byCode[0x554e] : undefined);
}

function isCapital(letter: number): boolean {
  return letter >= 0x41 && letter <= 0x5a;
}

function factsOf(vr: VR): VRFacts {
  return {
    vr,
    code: (vr.charCodeAt(0) << 8) | vr.charCodeAt(1),
    long: !["TM", "UI", "UL", "US", ...shortForm].includes(vr),
    kind: kindOf(vr),
    width: widths[vr] ?? 1,
    multiple: !single.has(vr),
  };
}

function kindOf(vr: VR): VRFacts["kind"] {
  if (vr === "SQ") return "sequence";
  if (vr === "UI") return "uid";
  if (numbers.has(vr)) return "binary";
  if (vr.startsWith("O") || vr === "UN") return "bytes";
  return texts.has(vr) ? "text" : "ascii";
}
