import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A throw-away self-signed certificate and its key, in files of a new temporary folder. */
export interface TestCertificate {
  readonly keyFile: string;
  readonly certificateFile: string;
}

export interface TestCertificateRequest {
  readonly subject?: string;
  readonly keyType?: "rsa" | "ec";
  /** Default `DNS:localhost,IP:127.0.0.1`. */
  readonly names?: string;
  readonly days?: number;
}

/** Made by openssl, so that what we sign and serve is judged with someone else's certificates. */
export function testCertificate(request: TestCertificateRequest = {}): TestCertificate {
  const { subject = "/C=FR/O=IMAGERIE DES TILLEULS/OU=1750099999/CN=DRIMbox", keyType = "rsa", days = 30 } = request;
  const folder = mkdtempSync(join(tmpdir(), "drimbox-certificate-"));
  const files = { keyFile: join(folder, "key.pem"), certificateFile: join(folder, "certificate.pem") };
  const key = keyType === "rsa" ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-utf8", "-nodes", "-days", String(days), "-subj", subject, "-newkey", ...key],
      ...["-addext", `subjectAltName=${request.names ?? "DNS:localhost,IP:127.0.0.1"}`],
      ...["-keyout", files.keyFile, "-out", files.certificateFile],
    ],
    { stdio: "ignore" },
  );
  return files;
}
