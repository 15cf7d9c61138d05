/** From the start of the process to a green readiness check, neighbours up. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startDmp } from "../sandbox/dmp/index.ts";
import { startSandboxPacs } from "../sandbox/pacs.ts";
import { createSandboxPki } from "../sandbox/pki.ts";
import { writeConfiguration } from "../sandbox/site.ts";

const MAIN = fileURLToPath(new URL("../../appliance/main.ts", import.meta.url));
const RUNS = 5;
const PATIENCE_MS = 60_000;

/** The median over some starts on the same data, in milliseconds. */
export async function startToReady(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-start-"));
  const pki = await createSandboxPki(join(folder, "pki"));
  const dmp = await startDmp({ port: 0, pki });
  const pacs = await startSandboxPacs();
  const port = await freePort();
  const settings = { administration: { port } };
  const config = await writeConfiguration({ folder, pacs: [pacs], settings }, pki, dmp.url);
  try {
    const durations: number[] = [];
    for (let run = 0; run < RUNS; run++) durations.push(await oneStart(config, port));
    durations.sort((a, b) => a - b);
    return { start_to_ready_ms: durations[RUNS >> 1] as number };
  } finally {
    await dmp.stop();
    await pacs.stop();
    rmSync(folder, { recursive: true });
  }
}

async function oneStart(config: string, port: number): Promise<number> {
  const started = performance.now();
  const box = spawn(process.execPath, [MAIN, "--config", config], { stdio: "ignore" });
  const exited = once(box, "exit");
  try {
    while (!(await ready(port))) {
      if (performance.now() - started > PATIENCE_MS) throw new Error("the box did not become ready");
      await sleep(10);
    }
    return performance.now() - started;
  } finally {
    box.kill("SIGTERM");
    await exited;
  }
}

function ready(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
