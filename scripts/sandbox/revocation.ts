import "./reflect.ts";
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  PemConverter,
  X509Certificate,
  X509CrlGenerator,
} from "@peculiar/x509";

export interface RevocationListRequest {
  /** PEM certificates that are revoked; none by default. */
  readonly revoked?: readonly { readonly certificate: string }[];
  /** When it is made, a day ago by default; it is good for 30 days. */
  readonly madeAt?: Date;
  /** Only what changed since another list (RFC 5280 5.2.4). */
  readonly delta?: boolean;
}

const DAY = 86_400_000;
const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const CRL_NUMBER = "2.5.29.20";
const DELTA_CRL_INDICATOR = "2.5.29.27";
const ONE = new Uint8Array([0x02, 0x01, 0x01]);

/** A certificate revocation list, PEM, under the name in `issuer` and signed with `key`. */
export async function revocationList(
  issuer: { readonly certificate: X509Certificate; readonly key: CryptoKey },
  request: RevocationListRequest = {},
): Promise<string> {
  const { madeAt = new Date(Date.now() - DAY), revoked = [] } = request;
  const list = await X509CrlGenerator.create({
    issuer: issuer.certificate.subject,
    thisUpdate: madeAt,
    nextUpdate: new Date(madeAt.getTime() + 30 * DAY),
    entries: revoked.map(({ certificate }) => ({
      serialNumber: new X509Certificate(certificate).serialNumber,
      revocationDate: madeAt,
    })),
    signingAlgorithm: ALGORITHM,
    signingKey: issuer.key,
    extensions: [
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      new Extension(CRL_NUMBER, false, ONE),
      ...(request.delta === true ? [new Extension(DELTA_CRL_INDICATOR, true, ONE)] : []),
    ],
  });
  return `${PemConverter.encode(list.rawData, "X509 CRL")}\n`;
}
