/** What the stand-in believes of a certificate: its chain, its validity, its kind and the structure it names. */
import { X509Certificate } from "node:crypto";

/** EKU of an ORG AUTH_CLI and of an ORG SIGN certificate. */
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
export const EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";

/** The certificates of a PEM bundle. */
export function readBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Why `certificate` is not one of ours with that usage at that time; undefined when it is. */
export function objection(
  certificate: X509Certificate,
  trust: readonly X509Certificate[],
  usage: string,
  now: Date,
): string | undefined {
  let at = certificate;
  for (;;) {
    if (at.validFromDate > now || at.validToDate < now) return `${nameOf(at)} is not valid at ${now.toISOString()}`;
    if (at !== certificate && at.subject === at.issuer) break;
    const issuer = trust.find((candidate) => at.checkIssued(candidate) && at.verify(candidate.publicKey));
    if (issuer === undefined || !issuer.ca) return `${nameOf(at)} does not chain to the trusted root`;
    at = issuer;
  }
  if (!(certificate.keyUsage ?? []).includes(usage)) return `extended key usage ${usage} is missing`;
  return undefined;
}

/** `CN=drimbox, OU=1750099999, O=..., ST=..., C=FR`: RFC 2253 order, comma and space, as the VIHF's Issuer is written. */
export function nameOf(certificate: X509Certificate): string {
  return certificate.subject.split("\n").reverse().join(", ");
}

export function issuerNameOf(certificate: X509Certificate): string {
  return certificate.issuer.split("\n").reverse().join(", ");
}

/** The OU: the Struct_IdNat of the structure. */
export function structureOf(certificate: X509Certificate): string | undefined {
  return /^OU=(.*)$/m.exec(certificate.subject)?.[1];
}
