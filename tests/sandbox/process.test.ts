import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createSandboxPki } from "../../scripts/sandbox/pki.ts";
import { post } from "./post.ts";
import { buildSubmission, newIds } from "./submission.ts";

const MAIN = fileURLToPath(new URL("../../scripts/sandbox/dmp/main.ts", import.meta.url));

type Process = ChildProcessByStdio<null, Readable, null>;

async function start(...args: string[]): Promise<{ process: Process; url: string; control: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { process: child, ...(JSON.parse(line.toString()) as { url: string; control: string }) };
}

describe("the stand-in as its own process", () => {
  it("is killed without an answer, comes back, and knows what it accepted", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dmp-process-"));
    const args = ["--data", join(folder, "data"), "--pki", join(folder, "pki")];
    const pki = await createSandboxPki(join(folder, "pki"));
    const client = pki.structures[0].auth;
    const ids = newIds();

    const first = await start(...args);
    await fetch(`${first.control}/faults`, { method: "POST", body: '{"kind":"acceptThenSilent"}' });
    const attempt = post(`${first.url}/repository`, pki, buildSubmission(first.url, pki, { ids }), { client });
    const lost = expect(attempt).rejects.toThrow();
    for (;;) {
      const counts = (await (await fetch(`${first.control}/counts`)).json()) as { submissions: number };
      if (counts.submissions === 1) break;
    }
    first.process.kill("SIGKILL");
    await lost;

    const second = await start(...args);
    const again = await post(`${second.url}/repository`, pki, buildSubmission(second.url, pki, { ids }), { client });
    expect(again.codes).toContain("XDSDuplicateUniqueIdInRegistry");
    const exit = once(second.process, "exit");
    second.process.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });
});
