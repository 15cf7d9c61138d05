import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createSandboxPki, NEIGHBOUR, type SandboxPki, SITE } from "../../scripts/sandbox/pki.ts";
import { hasCommand } from "../support/peers.ts";

let pki: SandboxPki;

beforeAll(async () => {
  pki = await createSandboxPki();
});

describe("the certificates of the sandbox", () => {
  it("name the structure as IGC-Santé does", () => {
    const certificate = new X509Certificate(pki.structures[0].sign.certificate);
    expect(certificate.subject).toBe(`C=FR\nST=Paris (75)\nO=${SITE.name}\nOU=${SITE.id}\nCN=drimbox.${SITE.id}`);
    expect(new X509Certificate(pki.structures[1].auth.certificate).subject).toContain(`OU=${NEIGHBOUR.id}`);
  });

  it("are told apart by their usage: AUTH_CLI opens TLS, SIGN signs", () => {
    const [site] = pki.structures;
    expect(new X509Certificate(site.auth.certificate).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(new X509Certificate(site.sign.certificate).keyUsage).toEqual(["1.3.6.1.5.5.7.3.4"]);
  });

  it("are taken up again from the folder while they are valid", async () => {
    const again = await createSandboxPki(pki.dir);
    expect(again.structures).toEqual(pki.structures);
    expect(again.dmpServer).toEqual(pki.dmpServer);
  });

  it("keep their keys to the owner", () => {
    for (const identity of [pki.structures[0].auth, pki.structures[1].sign, pki.dmpServer, pki.node]) {
      expect(statSync(identity.keyFile).mode & 0o777).toBe(0o600);
      expect(readFileSync(identity.keyFile, "utf8")).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    }
  });
});

describe.skipIf(!hasCommand("openssl"))("openssl (skipped when absent)", () => {
  function verify(file: string, purpose: string): string {
    const args = ["verify", "-CAfile", pki.rootFile, "-untrusted", join(pki.dir, "organisations.pem")];
    const { stdout, stderr } = spawnSync("openssl", [...args, "-purpose", purpose, file], { encoding: "utf8" });
    return stdout + stderr;
  }

  it("verifies each certificate up to the root for its purpose", () => {
    const [site, neighbour] = pki.structures;
    expect(verify(site.auth.certificateFile, "sslclient")).toContain(": OK");
    expect(verify(neighbour.auth.certificateFile, "sslclient")).toContain(": OK");
    expect(verify(site.sign.certificateFile, "smimesign")).toContain(": OK");
    expect(verify(pki.dmpServer.certificateFile, "sslserver")).toContain(": OK");
    expect(verify(pki.node.certificateFile, "sslclient")).toContain(": OK");
  });

  it("refuses the ones made for negative tests", async () => {
    const expired = await pki.issue({ name: "old", kind: "ORG SIGN", structure: SITE, expired: true });
    const untrusted = await pki.issue({ name: "fake", kind: "ORG SIGN", structure: SITE, untrusted: true });
    expect(verify(expired.certificateFile, "smimesign")).toContain("certificate has expired");
    expect(verify(untrusted.certificateFile, "smimesign")).toContain("unable to get local issuer certificate");
    expect(verify(pki.structures[0].auth.certificateFile, "sslserver")).toMatch(
      /unsuit\w+ certificate purpose|unsupported certificate purpose/,
    );
  });
});
