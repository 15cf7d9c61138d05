import { trustErrors } from "./errors.ts";

/** One TLV of DER (X.690): `bytes` is all of it, `content` its value. Views of the source, nothing is copied. */
export interface DerValue {
  /** Identifier octet: class, constructed bit and a tag number below 31; certificates use no others. */
  readonly tag: number;
  readonly bytes: Buffer;
  readonly content: Buffer;
}

export const DerTag = {
  bitString: 0x03,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0] EXPLICIT`. */
  context0: 0xa0,
} as const;

/**
 * The TLV at the start of `source`; what follows it is the caller's.
 * @throws TRUST_DER_INVALID
 */
export function readDer(source: Buffer): DerValue {
  const tag = source[0];
  const first = source[1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw invalid();
  let start = 2;
  let length = first;
  if (first >= 0x80) {
    // X.690 8.1.3.5: 0x80 alone is the indefinite length, which DER forbids. Four octets of length reach 4 GiB.
    const octets = first & 0x7f;
    start += octets;
    if (octets < 1 || octets > 4 || source.length < start) throw invalid();
    length = source.readUIntBE(2, octets);
  }
  const end = start + length;
  if (end > source.length) throw invalid();
  return { tag, bytes: source.subarray(0, end), content: source.subarray(start, end) };
}

/** The TLVs that fill `content`; lazily, so that a list of 100,000 revoked certificates is walked, not kept. */
export function* derChildren(content: Buffer): Generator<DerValue, undefined> {
  let rest = content;
  while (rest.length > 0) {
    const value = readDer(rest);
    yield value;
    rest = rest.subarray(value.bytes.length);
  }
}

/** The value itself when its tag is `tag`. */
export function expectDer(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw invalid();
  return value;
}

/** An OBJECT IDENTIFIER in dotted form (X.690 8.19). */
export function readOid(value: DerValue | undefined): string {
  const { content } = expectDer(value, DerTag.oid);
  // 32 octets: four times the longest OID met in a certificate; keeps the arithmetic below bounded.
  if (content.length === 0 || content.length > 32 || (content.at(-1) as number) >= 0x80) throw invalid();
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...others] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...others].join(".");
}

/** A Time of RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after; seconds and `Z` always there. */
export function readDerTime(value: DerValue | undefined): Date {
  const text = value?.content.toString("latin1") ?? "";
  const short = value?.tag === DerTag.utcTime && /^\d{12}Z$/.test(text);
  if (!short && !(value?.tag === DerTag.generalizedTime && /^\d{14}Z$/.test(text))) throw invalid();
  const full = short ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const date = new Date(full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (Number.isNaN(date.getTime())) throw invalid();
  return date;
}

const invalid = () => trustErrors.fault("TRUST_DER_INVALID");
