import { createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { createSecureContext, type TlsOptions } from "node:tls";
import { promisify } from "node:util";
import type { Signer } from "../xds/index.ts";
import { loadAuthorities } from "./authorities.ts";
import { trustErrors } from "./errors.ts";
import type { ClientIdentity, KeyPairFiles } from "./model.ts";
import { readText } from "./read-text.ts";

const signAsync = promisify(sign);
const DIGEST = { "SHA-1": "sha1", "SHA-256": "sha256" } as const;

/**
 * A signer whose key is a file. Signs on the thread pool.
 * @throws TRUST_FILE_UNREADABLE, TRUST_KEY_INVALID, TRUST_CERTIFICATE_INVALID, TRUST_KEY_MISMATCH
 */
export async function loadFileSigner(files: KeyPairFiles): Promise<Signer> {
  const { key, certificate } = await loadKeyPair(files);
  return {
    certificate,
    keyType: key.asymmetricKeyType === "ec" ? "ec" : "rsa",
    sign: (data, digest) => signAsync(DIGEST[digest], data, { key, dsaEncoding: "ieee-p1363" }),
  };
}

/** A TLS client identity from files; same errors as `loadFileSigner`. */
export async function loadClientIdentity(files: KeyPairFiles): Promise<ClientIdentity> {
  const { key, certificate, chain } = await loadKeyPair(files);
  const pem = key.export({ type: "pkcs8", format: "pem" });
  return {
    certificate,
    secureContext: (trusted) => createSecureContext({ key: pem, cert: chain, ca: trusted, minVersion: "TLSv1.2" }),
  };
}

/** Files of a TLS listener; clients must present a certificate when there is an authority for them. */
interface ServerFiles extends KeyPairFiles {
  readonly clientAuthorityFile?: string;
}

/** The options of a TLS 1.2 or later listener; same errors as `loadFileSigner`. */
export async function loadServerTls(files: ServerFiles): Promise<TlsOptions> {
  const { key, chain } = await loadKeyPair(files);
  const own = { key: key.export({ type: "pkcs8", format: "pem" }), cert: chain, minVersion: "TLSv1.2" } as const;
  if (files.clientAuthorityFile === undefined) return own;
  const ca = await loadAuthorities(files.clientAuthorityFile);
  return { ...own, ca, requestCert: true, rejectUnauthorized: true };
}

/** The pair as it is used in this room; same errors as `loadFileSigner`. */
export async function loadKeyPair(
  files: KeyPairFiles,
): Promise<{ key: KeyObject; certificate: X509Certificate; chain: string }> {
  const [keyPem, chain] = await Promise.all([readText(files.keyFile), readText(files.certificateFile)]);
  const key = attempt("TRUST_KEY_INVALID", files.keyFile, () => createPrivateKey(keyPem));
  if (key.asymmetricKeyType !== "rsa" && key.asymmetricKeyType !== "ec")
    throw trustErrors.fault("TRUST_KEY_INVALID", { where: files.keyFile });
  const certificate = attempt("TRUST_CERTIFICATE_INVALID", files.certificateFile, () => new X509Certificate(chain));
  if (!certificate.checkPrivateKey(key))
    throw trustErrors.fault("TRUST_KEY_MISMATCH", { where: files.certificateFile });
  return { key, certificate, chain };
}

/** The cause is dropped on purpose: OpenSSL's words about a key file have no place in a log. */
function attempt<T>(code: "TRUST_KEY_INVALID" | "TRUST_CERTIFICATE_INVALID", where: string, work: () => T): T {
  try {
    return work();
  } catch {
    throw trustErrors.fault(code, { where });
  }
}
