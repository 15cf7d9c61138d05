import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { publicTls } from "../../appliance/trust/index.ts";
import { createSandboxPki, type SandboxPki } from "../../scripts/sandbox/pki.ts";
import { hasCommand } from "../support/peers.ts";
import { type NationalSite, nationalSite } from "../trust/national-site.ts";
import baseline from "./testssl.baseline.json" with { type: "json" };

// `TESTSSL=whole` runs every check (a minute alone on two cores); by default protocols, suites and forward secrecy.
const WHOLE = process.env.TESTSSL === "whole";
const CHECKS = WHOLE ? ["-p", "-s", "-f", "-P", "-S", "-U"] : ["-p", "-s", "-f"];
const EXPECTED: Readonly<Record<string, string>> = WHOLE ? { ...baseline.quick, ...baseline.rest } : baseline.quick;
const LIMIT_MS = 240_000;
/**
 * Not findings, or not steady: how long it took; and resumption, where a ticket that came too late for the tool counts as
 * "connect problem" (tests/trust/national.test.ts tries resumption in both versions).
 */
const LEFT_OUT = new Set(["scanTime", "sessionresumption_ticket", "sessionresumption_ID"]);

interface Finding {
  readonly id: string;
  readonly severity: string;
}

async function testssl(port: number, authorityFile: string): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "testssl-"));
  const findings = join(folder, "findings.json");
  const output = ["--quiet", "--color", "0", "--warnings", "off", "--jsonfile", findings];
  const target = ["--nodns", "none", "--add-ca", authorityFile, "--ip", "127.0.0.1", ...CHECKS, `localhost:${port}`];
  const child = spawn("testssl", [...output, ...target], { stdio: "ignore", timeout: LIMIT_MS });
  await new Promise((done) => child.once("exit", done));
  const found = JSON.parse(readFileSync(findings, "utf8")) as Finding[];
  rmSync(folder, { recursive: true });
  return Object.fromEntries(found.filter(({ id }) => !LEFT_OUT.has(id)).map(({ id, severity }) => [id, severity]));
}

/** The listener that browsers call, with nothing behind it. */
async function publicSite(pki: SandboxPki): Promise<Pick<NationalSite, "port" | "close">> {
  const { keyFile, certificateFile } = (await pki.market()).server;
  const tls = await publicTls({ keyFile, certificateFile, checkEverySeconds: 60, log: silent });
  const server = createServer(tls.options, (_request, response) => response.end());
  tls.attach(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      tls.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

// One policy for both: the second is looked at with every check only.
const listeners = [["national", nationalSite] as const, ...(WHOLE ? [["public", publicSite] as const] : [])];

describe.skipIf(!hasCommand("testssl")).each(listeners)(
  "testssl.sh on the %s listener (skipped when testssl.sh is absent)",
  (_, start) => {
    let pki: SandboxPki;
    let site: Pick<NationalSite, "port" | "close">;
    beforeAll(async () => {
      pki = await createSandboxPki();
      site = await start(pki);
    });
    afterAll(() => site.close());

    it(
      `finds nothing to say against it, and just what it found before (${WHOLE ? "every check" : "TESTSSL=whole for every check"})`,
      async () => {
        const found = await testssl(site.port, (await pki.market()).rootFile);
        const bad = Object.entries(found).filter(([, severity]) => severity !== "OK" && severity !== "INFO");
        expect(bad).toEqual([]);
        expect(found).toEqual(EXPECTED);
      },
      LIMIT_MS + 10_000,
    );
  },
);
