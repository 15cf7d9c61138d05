import { verify, type X509Certificate } from "node:crypto";
import { DerTag, type DerValue, derChildren, expectDer, readDer, readDerTime, readOid } from "./der.ts";
import { type DistinguishedName, nameKey, readName, subjectOf } from "./distinguished-name.ts";
import { trustErrors } from "./errors.ts";

/** A complete CRL (RFC 5280 5) as a TLS context takes it: one PEM each, for a second in the same PEM is not read. */
export interface RevocationList {
  readonly issuer: DistinguishedName;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly pem: string;
  /** Whether this authority bears its name and signed it. */
  isOf(authority: X509Certificate): boolean;
}

/** Signatures that ANSSI's guide accepts, by OID (RFC 4055, RFC 5758): digest for `verify`. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.1.11", "sha256"],
  ["1.2.840.113549.1.1.12", "sha384"],
  ["1.2.840.113549.1.1.13", "sha512"],
  ["1.2.840.10045.4.3.2", "sha256"],
  ["1.2.840.10045.4.3.3", "sha384"],
  ["1.2.840.10045.4.3.4", "sha512"],
]);

/**
 * The empty list of nobody. Without any CRL the TLS library asks for none and every certificate passes; with this one it asks
 * for one at each level, and where there is none the answer is "unknown".
 */
export const NOBODYS_LIST = `-----BEGIN X509 CRL-----
MIGYMEACAQEwCgYIKoZIzj0EAwIwETEPMA0GA1UEAxMGbm9ib2R5Fw0yNjAxMDEw
MDAwMDBaFw0yNjAxMDIwMDAwMDBaMAoGCCqGSM49BAMCA0gAMEUCIQCuo04PKvON
vJKZ1gA+eYDma48jgMo167jfCF6k4dhZ9AIgRL0Hary0t7iMsyiUF/9pGNuLooP/
26glgOkSinIlyis=
-----END X509 CRL-----
`;

const DELTA_CRL_INDICATOR = "2.5.29.27";
const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----/g;

/**
 * The CRLs of a file, DER (as authorities publish them) or PEM, one or several. Delta CRLs are left out: the TLS library
 * would not use them, and without its base one says little.
 * @throws TRUST_DER_INVALID, TRUST_NAME_INVALID, TRUST_CRL_INVALID
 */
export function readRevocationLists(bytes: Buffer): RevocationList[] {
  if (bytes[0] === DerTag.sequence) return readOne(bytes);
  return [...bytes.toString("latin1").matchAll(PEM)].flatMap(([, base64 = ""]) =>
    readOne(Buffer.from(base64, "base64")),
  );
}

function readOne(bytes: Buffer): RevocationList[] {
  const list = expectDer(readDer(bytes), DerTag.sequence);
  const [toBeSigned, algorithm, signature] = derChildren(list.content);
  const fields = [...derChildren(expectDer(toBeSigned, DerTag.sequence).content)];
  // version INTEGER?, signature, issuer, thisUpdate, nextUpdate?, revokedCertificates?, crlExtensions [0]?
  const from = fields[0]?.tag === DerTag.sequence ? 1 : 2;
  if (isDelta(fields.at(-1))) return [];
  const digest = DIGESTS.get(readOid(derChildren(expectDer(algorithm, DerTag.sequence).content).next().value));
  if (digest === undefined) throw unusable("weak or unknown signature algorithm");
  const next = fields[from + 2];
  // RFC 5280 5.1.2.5 asks for it; a list that never ends would hide a download that no longer works.
  if (next?.tag !== DerTag.utcTime && next?.tag !== DerTag.generalizedTime) throw unusable("no nextUpdate");
  const issuer = readName(fields[from]);
  const signed = (toBeSigned as DerValue).bytes;
  const value = expectDer(signature, DerTag.bitString).content.subarray(1);
  const key = nameKey(issuer);
  return [
    {
      issuer,
      thisUpdate: readDerTime(fields[from + 1]),
      nextUpdate: readDerTime(next),
      pem: `-----BEGIN X509 CRL-----\n${list.bytes.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END X509 CRL-----\n`,
      isOf: (authority) => nameKey(subjectOf(authority)) === key && verify(digest, signed, authority.publicKey, value),
    },
  ];
}

function isDelta(last: DerValue | undefined): boolean {
  if (last?.tag !== DerTag.context0) return false;
  const extensions = expectDer(readDer(last.content), DerTag.sequence);
  for (const extension of derChildren(extensions.content)) {
    if (readOid(derChildren(extension.content).next().value) === DELTA_CRL_INDICATOR) return true;
  }
  return false;
}

const unusable = (reason: string) => trustErrors.fault("TRUST_CRL_INVALID", { details: { reason } });
