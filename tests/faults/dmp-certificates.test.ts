/** Certificates that are not the right ones: every exam waits, nothing is parked, and the readiness check says why. */
import { type ChildProcess, spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type SandboxPki, SITE } from "../../scripts/sandbox/pki.ts";
import { testCertificate } from "../support/certificates.ts";
import { hasCommand } from "../support/peers.ts";
import { eventually, manifestsOf, openPractice } from "./practice.ts";

interface Row {
  readonly what: string;
  /** Section `dmp` of a configuration that is wrong. */
  settings(pki: SandboxPki): Promise<Readonly<Record<string, unknown>>>;
  readonly state: "searching" | "publishing";
  readonly code: string;
  /** What the readiness check says, in French. */
  readonly says: RegExp;
}

let openssl: ChildProcess | undefined;

const rows: readonly Row[] = [
  {
    what: "the server's is of an authority that we do not know",
    settings: async () => ({ authorityFile: testCertificate().certificateFile }),
    state: "publishing",
    code: "DMP_SERVER_CERTIFICATE",
    says: /certificat présenté par le DMP n'est pas accepté/,
  },
  {
    what: "ours is refused",
    settings: async (pki) => ({
      address: await demandingServer(pki),
      structures: await ours(pki, { untrusted: true }),
    }),
    state: "publishing",
    code: "DMP_CLIENT_CERTIFICATE",
    says: /refuse notre certificat/,
  },
  {
    what: "ours is over",
    settings: async (pki) => ({ structures: await ours(pki, { expired: true }) }),
    state: "searching",
    code: "TRUST_CERTIFICATE_EXPIRED",
    says: /expiré/,
  },
];

describe.skipIf(!hasCommand("openssl"))("the certificates of the DMP (skipped when openssl is absent)", () => {
  it.each(rows)("$what: $code", async ({ settings, state, code, says }) => {
    await using practice = await openPractice({ mistake: async (pki) => ({ dmp: await settings(pki) }) });
    const cases = [practice.newCase(), practice.newCase(), practice.newCase(), practice.newCase()];
    for (const one of cases) await practice.submit(one);
    const [first] = cases as [(typeof cases)[0]];
    await eventually(
      async () => (await practice.exam(first)).timeline.filter((line) => line.code === code).length > 1,
      `${code} twice in the timeline`,
    );
    for (const one of cases) expect((await practice.exam(one)).exam.state).toBe(state);
    const { status, state: health, checks } = await practice.ready();
    expect([status, health]).toEqual([503, "error"]);
    const { message } = checks.find(({ id }) => id === "dmp") ?? {};
    expect(message?.fr).toMatch(says);

    expect(await practice.destinations(), "the PACS has nothing to do with it").toMatchObject({ "PACS 1": "closed" });

    // The right files, and another start: all goes on by itself.
    openssl?.kill();
    await practice.mend();
    for (const one of cases) await practice.reaches(one, "published");
    for (const one of cases) expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });
});

/** The site's structure with an authentication certificate that has a defect. */
async function ours(pki: SandboxPki, defect: { readonly untrusted?: boolean; readonly expired?: boolean }) {
  const [{ sign }] = pki.structures;
  const auth = await pki.issue({ name: "wrong-auth", kind: "ORG AUTH_CLI", structure: SITE, ...defect });
  const files = ({ keyFile, certificateFile }: typeof auth) => ({ keyFile, certificateFile });
  return [{ id: SITE.id, authentication: files(auth), signature: files(sign) }];
}

/** A server that tells by a TLS alert that it does not want our certificate. */
async function demandingServer(pki: SandboxPki): Promise<string> {
  const { keyFile, certificateFile } = pki.dmpServer;
  const trust = ["-CAfile", pki.trustFile, "-Verify", "2", "-verify_return_error"];
  const args = ["s_server", "-www", "-accept", "127.0.0.1:0", "-key", keyFile, "-cert", certificateFile, ...trust];
  const server = spawn("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  openssl = server;
  let output = "";
  for await (const chunk of server.stdout) {
    output += String(chunk);
    const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    if (port !== undefined) return `https://localhost:${port}/services`;
  }
  throw new Error("openssl s_server did not start");
}
