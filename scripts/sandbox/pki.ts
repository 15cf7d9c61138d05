/**
 * A test hierarchy that imitates IGC-Santé: a root, the authority of the organisations, and what it issues to a
 * structure (ORG AUTH_CLI to open TLS, ORG SIGN to sign) and to servers. Development and tests only: the authority's
 * own key lies beside its certificate.
 */
import "./reflect.ts";
import { X509Certificate as Certificate, createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type RevocationListRequest, revocationList } from "./revocation.ts";

cryptoProvider.set(webcrypto as Crypto);

/** A certificate, its key, and where both are. */
export interface SandboxIdentity {
  /** PEM: the certificate, then its issuing authority (not the root). */
  readonly certificateFile: string;
  /** PEM, PKCS#8, in clear, mode 0600. */
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

/** A structure of the sandbox with its two IGC-Santé-like certificates. */
export interface SandboxStructure {
  /** Struct_IdNat, the certificate's OU: type digit then FINESS, SIREN or SIRET. */
  readonly id: string;
  readonly name: string;
  readonly auth: SandboxIdentity;
  readonly sign: SandboxIdentity;
}

/** `BARE` names no extended usage at all: for a negative test. */
export type CertificateKind = "ORG AUTH_CLI" | "ORG SIGN" | "SERVER" | "BARE";

export interface IssueRequest {
  /** File name without extension; the same name again returns the same identity while it is valid. */
  readonly name: string;
  readonly kind: CertificateKind;
  /** Default `drimbox.<structure id>`. */
  readonly commonName?: string;
  readonly structure: { readonly id: string; readonly name: string };
  /** Already over for a day: for a negative test. */
  readonly expired?: boolean;
  /** Begins in a month: for a negative test. */
  readonly early?: boolean;
  /** Issued by an authority of the same name that nobody trusts: for a negative test. */
  readonly untrusted?: boolean;
}

export interface SandboxPki {
  readonly dir: string;
  /** PEM of the root alone, then of the root and the authority together (what a verifier is given). */
  readonly rootFile: string;
  readonly trustFile: string;
  readonly trust: string;
  /** Two structures: the site of the demonstration and its neighbour. */
  readonly structures: readonly [SandboxStructure, SandboxStructure];
  /** TLS servers on localhost, 127.0.0.1 and ::1. */
  readonly dmpServer: SandboxIdentity;
  /** For DICOM and MLLP over TLS: server and client at once, as PS3.15 B.12 peers are. */
  readonly node: SandboxIdentity;
  issue(request: IssueRequest): Promise<SandboxIdentity>;
  /** Writes the CRL of an authority (`forger`: who takes the name of `organisations`) and returns its path. */
  revoke(authority: "root" | "organisations" | "forger", request?: RevocationListRequest): Promise<string>;
  /** A server certificate of another hierarchy, as from a public authority, and the root to trust. */
  market(): Promise<{ readonly server: SandboxIdentity; readonly rootFile: string }>;
}

export const SITE = { id: "1750099999", name: "IMAGERIE DES TILLEULS" } as const;
export const NEIGHBOUR = { id: "1690088888", name: "IMAGERIE DU CONFLUENT" } as const;

const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const DAY = 86_400_000;
const ROOT_NAME = "C=FR, O=SANDBOX SANTE, OU=0002 000000000, CN=SANDBOX AC RACINE ELEMENTAIRE";
const MARKET_NAME = "C=FR, O=SANDBOX MARKET, CN=SANDBOX MARKET ROOT";
const AUTHORITY_NAME = "C=FR, O=SANDBOX SANTE, OU=0002 000000000, CN=SANDBOX AC ELEMENTAIRE ORGANISATIONS";

interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: CryptoKey;
}

/**
 * Makes the hierarchy in `dir` (a new temporary folder by default), or takes up the one already there: what is still
 * valid for a day is kept, the rest is issued anew.
 */
export async function createSandboxPki(dir = mkdtempSync(join(tmpdir(), "drimbox-pki-"))): Promise<SandboxPki> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const root = await authority(dir, "root", ROOT_NAME);
  const organisations = await authority(dir, "organisations", AUTHORITY_NAME, root);
  const trust = `${organisations.certificate.toString("pem")}\n${root.certificate.toString("pem")}\n`;
  writeFileSync(join(dir, "trust.pem"), trust);

  const impostor = () => authority(dir, "impostor", AUTHORITY_NAME);
  const issue = async (request: IssueRequest): Promise<SandboxIdentity> =>
    leaf(dir, request.untrusted === true ? await impostor() : organisations, request);
  const structure = async (prefix: string, of: { id: string; name: string }): Promise<SandboxStructure> => ({
    ...of,
    auth: await issue({ name: `${prefix}-auth`, kind: "ORG AUTH_CLI", structure: of }),
    sign: await issue({ name: `${prefix}-sign`, kind: "ORG SIGN", structure: of }),
  });
  return {
    dir,
    rootFile: join(dir, "root.pem"),
    trustFile: join(dir, "trust.pem"),
    trust,
    structures: [await structure("site", SITE), await structure("neighbour", NEIGHBOUR)],
    dmpServer: await issue({
      name: "dmp",
      kind: "SERVER",
      commonName: "localhost",
      structure: { id: "1000000000", name: "SANDBOX DMP" },
    }),
    node: await issue({ name: "node", kind: "SERVER", commonName: "localhost", structure: SITE }),
    issue,
    async revoke(name, request) {
      const issuer = { root, organisations, forger: name === "forger" ? await impostor() : organisations }[name];
      const file = join(dir, `${name}.crl`);
      writeFileSync(file, await revocationList(issuer, request));
      return file;
    },
    async market() {
      const issuer = await authority(dir, "market", MARKET_NAME);
      const request = { name: "market-server", kind: "SERVER", commonName: "localhost", structure: SITE } as const;
      // As every public certificate says; nobody fetches it here.
      const revocation = new CRLDistributionPointsExtension(["http://localhost/market.crl"]);
      return { server: await leaf(dir, issuer, request, [revocation]), rootFile: join(dir, "market.pem") };
    },
  };
}

async function authority(dir: string, name: string, subject: string, parent?: Issuer): Promise<Issuer> {
  const kept = keep(dir, name, parent);
  if (kept !== undefined) {
    const certificate = new X509Certificate(kept.certificate);
    const der = PemConverter.decodeFirst(kept.key);
    return { certificate, key: (await webcrypto.subtle.importKey("pkcs8", der, RSA, true, ["sign"])) as CryptoKey };
  }
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    ...validity(5 * 365),
    serialNumber: serial(),
    subject,
    issuer: parent?.certificate.subject ?? subject,
    signingAlgorithm: RSA,
    publicKey: keys.publicKey,
    signingKey: parent?.key ?? keys.privateKey,
    extensions: [
      new BasicConstraintsExtension(true, parent === undefined ? undefined : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(parent?.certificate.publicKey ?? keys.publicKey),
    ],
  });
  await write(dir, name, [certificate], keys.privateKey);
  return { certificate, key: keys.privateKey };
}

async function leaf(
  dir: string,
  issuer: Issuer,
  request: IssueRequest,
  more: readonly Extension[] = [],
): Promise<SandboxIdentity> {
  const kept = keep(dir, request.name, request.expired === true ? undefined : issuer);
  if (kept !== undefined) return kept;
  const keys = await newKeys();
  const { id, name } = request.structure;
  const certificate = await X509CertificateGenerator.create({
    ...(request.expired === true ? validity(30, -31) : validity(365, request.early === true ? 30 : -1)),
    serialNumber: serial(),
    subject: `C=FR, ST=Paris (75), O=${name}, OU=${id}, CN=${request.commonName ?? `drimbox.${id}`}`,
    issuer: issuer.certificate.subject,
    signingAlgorithm: RSA,
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    extensions: [
      new BasicConstraintsExtension(false),
      ...usages(request.kind),
      ...more,
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
  return write(dir, request.name, [certificate, issuer.certificate], keys.privateKey);
}

/** What tells the three kinds apart, as on the certificates of the health authority (wire-formats 5.1). */
function usages(kind: CertificateKind): Extension[] {
  const { digitalSignature, nonRepudiation, keyEncipherment } = KeyUsageFlags;
  const { clientAuth, serverAuth, emailProtection } = ExtendedKeyUsage;
  switch (kind) {
    case "ORG AUTH_CLI":
      return [new KeyUsagesExtension(digitalSignature, true), new ExtendedKeyUsageExtension([clientAuth])];
    case "ORG SIGN":
      return [
        new KeyUsagesExtension(digitalSignature | nonRepudiation, true),
        new ExtendedKeyUsageExtension([emailProtection]),
      ];
    case "BARE":
      return [new KeyUsagesExtension(digitalSignature, true)];
    case "SERVER":
      return [
        new KeyUsagesExtension(digitalSignature | keyEncipherment, true),
        new ExtendedKeyUsageExtension([serverAuth, clientAuth]),
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
          { type: "ip", value: "::1" },
        ]),
      ];
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

/** RFC 5280, 4.1.2.2: positive and at most 20 bytes; 64 random bits and more. */
function serial(): string {
  return `4${randomBytes(15).toString("hex").slice(1)}`;
}

function validity(days: number, start = -1): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(Date.now() + start * DAY);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY) };
}

/** What is in the folder, when it is whole, valid for another day and, for a leaf, signed by this very authority. */
function keep(dir: string, name: string, issuer?: Issuer): SandboxIdentity | undefined {
  const certificateFile = join(dir, `${name}.pem`);
  const keyFile = join(dir, `${name}.key`);
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined;
  const kept = {
    certificateFile,
    keyFile,
    certificate: readFileSync(certificateFile, "utf8"),
    key: readFileSync(keyFile, "utf8"),
  };
  const certificate = new Certificate(kept.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(kept.key))) return undefined;
  if (issuer === undefined && !certificate.ca) return kept;
  if (Date.parse(certificate.validTo) < Date.now() + DAY) return undefined;
  if (issuer === undefined) return kept;
  return certificate.verify(new Certificate(issuer.certificate.toString("pem")).publicKey) ? kept : undefined;
}

async function write(
  dir: string,
  name: string,
  chain: X509Certificate[],
  privateKey: CryptoKey,
): Promise<SandboxIdentity> {
  const identity = {
    certificateFile: join(dir, `${name}.pem`),
    keyFile: join(dir, `${name}.key`),
    certificate: chain.map((certificate) => `${certificate.toString("pem")}\n`).join(""),
    key: `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", privateKey), PemConverter.PrivateKeyTag)}\n`,
  };
  writeFileSync(identity.keyFile, identity.key, { mode: 0o600 });
  chmodSync(identity.keyFile, 0o600);
  writeFileSync(identity.certificateFile, identity.certificate, { mode: 0o600 });
  return identity;
}
