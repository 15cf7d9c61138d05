import type { X509Certificate } from "node:crypto";
import { xdsErrors } from "./errors.ts";

export type Digest = "SHA-1" | "SHA-256";

/**
 * A private key that signs without being seen. Asynchronous, because the key may live in a TPM.
 * `sign` hashes `data` itself; RSA answers PKCS #1 v1.5, EC answers r then s as XML signatures want (IEEE P1363).
 */
export interface Signer {
  readonly certificate: X509Certificate;
  readonly keyType: "rsa" | "ec";
  sign(data: Uint8Array, digest: Digest): Promise<Uint8Array>;
}

/** DigestMethod identifiers (XML Signature, 6.2; XML Encryption, 5.8). */
export const DIGEST_URI: Readonly<Record<Digest, string>> = {
  "SHA-1": "http://www.w3.org/2000/09/xmldsig#sha1",
  "SHA-256": "http://www.w3.org/2001/04/xmlenc#sha256",
};

/** Names of the digests for node:crypto. */
export const DIGEST_NAME: Readonly<Record<Digest, string>> = { "SHA-1": "sha1", "SHA-256": "sha256" };

/** SignatureMethod identifiers (RFC 9231). EC with SHA-1 is absent: no one should begin to use it now. */
const SIGNATURE_URI: Readonly<Record<string, string | undefined>> = {
  "rsa SHA-1": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
  "rsa SHA-256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  "ec SHA-256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
};

/** The SignatureMethod of a key type (as node:crypto names it) with a digest, if there is one. */
export function signatureUri(keyType: string | undefined, digest: Digest): string | undefined {
  return SIGNATURE_URI[`${keyType} ${digest}`];
}

/** @throws XDS_SIGNATURE_ALGORITHM */
export function requireSignatureUri(keyType: string, digest: Digest): string {
  const uri = signatureUri(keyType, digest);
  if (uri === undefined)
    throw xdsErrors.fault("XDS_SIGNATURE_ALGORITHM", { details: { algorithm: `${keyType} ${digest}` } });
  return uri;
}
