import { X509Certificate } from "node:crypto";
import { trustErrors } from "./errors.ts";
import { readText } from "./read-text.ts";

/**
 * The authorities that may certify a peer, as PEM: every certificate of the file is one.
 * @throws TRUST_FILE_UNREADABLE, TRUST_CERTIFICATE_INVALID
 */
export async function loadAuthorities(file: string): Promise<string> {
  const text = await readText(file);
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    throw trustErrors.fault("TRUST_CERTIFICATE_INVALID", { where: file });
  }
  // A file without any would be read as "trust nobody" by some clients, and as "the default list" by others.
  if (certificates.length === 0) throw trustErrors.fault("TRUST_CERTIFICATE_INVALID", { where: file });
  return certificates.join("\n");
}
