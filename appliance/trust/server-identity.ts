import type { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { trustErrors } from "./errors.ts";
import { loadKeyPair } from "./files.ts";
import { FollowedFile } from "./followed-file.ts";
import type { KeyPairFiles } from "./model.ts";
import { NATIONAL_POLICY } from "./tls-policy.ts";

/** The key pair of a listener as the TLS library takes it. */
export interface ServerIdentity {
  readonly own: { readonly key: string; readonly cert: string };
  readonly certificate: X509Certificate;
}

/** The key pair of a listener, read again when its files change; a pair that the library refuses is not taken. */
export function followIdentity(files: KeyPairFiles): FollowedFile<ServerIdentity> {
  return new FollowedFile([files.keyFile, files.certificateFile], async () => {
    const { key, chain, certificate } = await loadKeyPair(files);
    const own = { key: key.export({ type: "pkcs8", format: "pem" }) as string, cert: chain };
    tryContext({ ...NATIONAL_POLICY, ...own });
    return { own, certificate };
  });
}

/** What the TLS library itself thinks of it: too short a key, a SHA-1 certificate. Its words are about key files: dropped. */
export function tryContext(options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch {
    throw trustErrors.fault("TRUST_TLS_REFUSED");
  }
}

/** Only asked for once it was read. */
export function known<T>(file: FollowedFile<T>): T {
  if (file.value === undefined) throw file.fault ?? new Error("not read yet");
  return file.value;
}
