/** What the codec must know of a value representation (PS3.5 table 6.2-1 and 7.1.2). */
interface Traits {
  /** Explicit header of 12 bytes with a 32-bit length; otherwise of 8 bytes with a 16-bit length. */
  readonly long: boolean;
  /** `text` follows the Specific Character Set, `ascii` does not; `bytes` are opaque, or words of `width`. */
  readonly kind: "text" | "ascii" | "uid" | "binary" | "bytes" | "sequence";
  /** Bytes that a change of byte order turns round; 1 when nothing is. */
  readonly width: 1 | 2 | 4 | 8;
  /** A backslash separates values. */
  readonly multiple: boolean;
}

const table = {
  AE: short("ascii"),
  AS: short("ascii"),
  // A tag is two 16-bit numbers.
  AT: short("binary", 2),
  CS: short("ascii"),
  DA: short("ascii"),
  DS: short("ascii"),
  DT: short("ascii"),
  FD: short("binary", 8),
  FL: short("binary", 4),
  IS: short("ascii"),
  LO: short("text"),
  LT: { ...short("text"), multiple: false },
  OB: long("bytes"),
  OD: long("bytes", 8),
  OF: long("bytes", 4),
  OL: long("bytes", 4),
  OV: long("bytes", 8),
  OW: long("bytes", 2),
  PN: short("text"),
  SH: short("text"),
  SL: short("binary", 4),
  SQ: long("sequence"),
  SS: short("binary", 2),
  ST: { ...short("text"), multiple: false },
  SV: long("binary", 8),
  TM: short("ascii"),
  UC: long("text"),
  UI: short("uid"),
  UL: short("binary", 4),
  UN: long("bytes"),
  UR: { ...long("ascii"), multiple: false },
  US: short("binary", 2),
  UT: { ...long("text"), multiple: false },
  UV: long("binary", 8),
};

export type VR = keyof typeof table;

export interface VRFacts extends Traits {
  readonly vr: VR;
  /** The two letters as a big-endian 16-bit number. */
  readonly code: number;
}

const facts = new Map<VR, VRFacts>();
const byCode: (VRFacts | undefined)[] = [];
for (const [name, traits] of Object.entries(table)) {
  const vr = name as VR;
  const code = (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
  const fact = { vr, code, ...traits };
  facts.set(vr, fact);
  byCode[code] = fact;
}

/** The facts of a VR. */
export function vrFacts(vr: VR): VRFacts {
  return facts.get(vr)!;
}

/**
 * The VR whose two letters are `code`. Two capital letters that PS3.5 does not know are a VR of the future, always of the
 * long form (PS3.5 6.2 note): read as UN. Anything else is no VR: undefined.
 */
export function vrFromCode(code: number): VRFacts | undefined {
  return byCode[code] ?? (isCapital(code >> 8) && isCapital(code & 0xff) ? facts.get("UN") : undefined);
}

function isCapital(letter: number): boolean {
  return letter >= 0x41 && letter <= 0x5a;
}

function short(kind: Traits["kind"], width: Traits["width"] = 1): Traits {
  return { long: false, kind, width, multiple: true };
}

function long(kind: Traits["kind"], width: Traits["width"] = 1): Traits {
  return { long: true, kind, width, multiple: true };
}
