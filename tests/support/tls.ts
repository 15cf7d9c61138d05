import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A self-signed certificate for 127.0.0.1, which is its own authority. */
export interface TestIdentity {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Identities made by openssl in a temporary folder; `remove` deletes it. */
export function testIdentities<Name extends string>(...names: readonly Name[]) {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const make = (name: string): TestIdentity => {
    const certificateFile = join(folder, `${name}.crt`);
    const keyFile = join(folder, `${name}.key`);
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
    const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", keyFile];
    execFileSync("openssl", ["req", "-x509", ...key, "-out", certificateFile, "-days", "2", ...subject], {
      stdio: "ignore",
    });
    return {
      certificateFile,
      keyFile,
      cert: readFileSync(certificateFile, "latin1"),
      key: readFileSync(keyFile, "latin1"),
    };
  };
  const identities = Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, TestIdentity>;
  return { ...identities, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
