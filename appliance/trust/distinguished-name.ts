import type { X509Certificate } from "node:crypto";
import { DerTag, type DerValue, derChildren, expectDer, readDer, readOid } from "./der.ts";
import { trustErrors } from "./errors.ts";
import { escapeValue, splitName } from "./name-text.ts";

/** `type` is the dotted OID; `value` the characters, whichever string type carried them. */
export interface NameAttribute {
  readonly type: string;
  readonly value: string;
}

/**
 * A distinguished name as its attributes: RDNs in the order of the certificate (country first), each with one attribute
 * or several (a set).
 */
export interface DistinguishedName {
  readonly rdns: readonly (readonly NameAttribute[])[];
}

/** Keywords of RFC 4514 section 3, and those of the certificates of IGC-Santé. */
const KEYWORDS: ReadonlyMap<string, string> = new Map([
  ["CN", "2.5.4.3"],
  ["SN", "2.5.4.4"],
  ["serialNumber", "2.5.4.5"],
  ["C", "2.5.4.6"],
  ["L", "2.5.4.7"],
  ["ST", "2.5.4.8"],
  ["STREET", "2.5.4.9"],
  ["O", "2.5.4.10"],
  ["OU", "2.5.4.11"],
  ["title", "2.5.4.12"],
  ["GN", "2.5.4.42"],
  ["organizationIdentifier", "2.5.4.97"],
  ["UID", "0.9.2342.19200300.100.1.1"],
  ["DC", "0.9.2342.19200300.100.1.25"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
]);
const OIDS: ReadonlyMap<string, string> = new Map([...KEYWORDS].map(([keyword, oid]) => [keyword.toUpperCase(), oid]));
const NAMES: ReadonlyMap<string, string> = new Map([...KEYWORDS].map(([keyword, oid]) => [oid, keyword]));

/** Most attributes of a name; a certificate of IGC-Santé has five. */
const MAX_ATTRIBUTES = 32;

/**
 * The subject of a certificate, read from its DER: a text form would have to be taken apart again.
 * @throws TRUST_DER_INVALID, TRUST_NAME_INVALID
 */
export function subjectOf(certificate: X509Certificate): DistinguishedName {
  // RFC 5280 4.1: version [0]?, serialNumber, signature, issuer, validity, subject, ...
  const [toBeSigned] = derChildren(readDer(certificate.raw).content);
  const fields = [...derChildren(expectDer(toBeSigned, DerTag.sequence).content)];
  return readName(fields[fields[0]?.tag === DerTag.context0 ? 5 : 4]);
}

/** A Name of RFC 5280 4.1.2.4; errors as `subjectOf`. */
export function readName(name: DerValue | undefined): DistinguishedName {
  const rdns: NameAttribute[][] = [];
  for (const set of derChildren(expectDer(name, DerTag.sequence).content)) {
    rdns.push([...derChildren(expectDer(set, DerTag.set).content)].map(readAttribute));
    bound(rdns);
  }
  return { rdns };
}

function readAttribute(attribute: DerValue): NameAttribute {
  const [type, value] = derChildren(expectDer(attribute, DerTag.sequence).content);
  return { type: readOid(type), value: readString(value) };
}

/** The characters of a DirectoryString or IA5String. TeletexString has no agreed reading, so it is refused. */
function readString(value: DerValue | undefined): string {
  switch (value?.tag) {
    case 0x0c: // UTF8String
      return decode("utf-8", value.content);
    case 0x13: // PrintableString
    case 0x16: // IA5String
      if (value.content.some((octet) => octet >= 0x80)) throw invalid();
      return value.content.toString("latin1");
    case 0x1e: // BMPString
      return decode("utf-16be", value.content);
    default:
      throw invalid();
  }
}

function decode(encoding: "utf-8" | "utf-16be", content: Buffer): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw invalid();
  }
}

/**
 * Reads the text form of RFC 4514, most specific RDN first (`CN=db1…,OU=3…,O=…,ST=…,C=FR`), with its escapes, `+` and
 * `#` values. Spaces around separators are let through, as RFC 2253 asked of readers; quoted values are not.
 * @throws TRUST_NAME_INVALID, TRUST_DER_INVALID
 */
export function parseDistinguishedName(text: string): DistinguishedName {
  const rdns = splitName(text).map((rdn) =>
    rdn.map(({ keyword, value }) => ({
      type: oidOf(keyword),
      value: typeof value === "string" ? value : readHex(value),
    })),
  );
  bound(rdns);
  return { rdns: rdns.reverse() };
}

function oidOf(keyword: string): string {
  if (/^[0-2](\.(0|[1-9]\d{0,38}))+$/.test(keyword)) return keyword;
  const oid = OIDS.get(keyword.toUpperCase());
  if (oid === undefined) throw invalid();
  return oid;
}

function readHex(bytes: Buffer): string {
  const value = readDer(bytes);
  if (value.bytes.length !== bytes.length) throw invalid();
  return readString(value);
}

/** The text of RFC 4514, which `parseDistinguishedName` reads back to the same name. */
export function formatDistinguishedName({ rdns }: DistinguishedName): string {
  const attribute = ({ type, value }: NameAttribute) => `${NAMES.get(type) ?? type}=${escapeValue(value)}`;
  return rdns
    .map((rdn) => rdn.map(attribute).join("+"))
    .reverse()
    .join(",");
}

/**
 * A key that two names share exactly when they match (RFC 5280 7.1): the same attributes in the same order, a set of
 * several in any. JSON keeps attributes apart whatever characters they hold.
 */
export function nameKey({ rdns }: DistinguishedName): string {
  return JSON.stringify(rdns.map((rdn) => rdn.map(({ type, value }) => JSON.stringify([type, prepare(value)])).sort()));
}

/** Whether two names match: see `nameKey`. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return nameKey(a) === nameKey(b);
}

/**
 * caseIgnoreMatch (RFC 4517 4.2.11), the part of RFC 4518 that text from authorities needs: compatibility forms (NFKC),
 * letter case, runs of spaces as one, none at the ends. A control character is not a space nor dropped: it stays, and then
 * nothing on the list matches.
 */
function prepare(value: string): string {
  return value.normalize("NFKC").toLowerCase().normalize("NFKC").replace(/ +/g, " ").replace(/^ | $/g, "");
}

function bound(rdns: readonly (readonly NameAttribute[])[]): void {
  const attributes = rdns.reduce((total, rdn) => total + rdn.length, 0);
  if (attributes > MAX_ATTRIBUTES || rdns.some((rdn) => rdn.length === 0)) throw invalid();
}

const invalid = () => trustErrors.fault("TRUST_NAME_INVALID");
