import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serialize } from "node:v8";
import { createRandom } from "../faults/random.ts";
import { type Failure, inputAt, type Outcome } from "./outcome.ts";
import type { Target } from "./target.ts";

/** For each target. CI has twenty of them; a night has `FUZZ_SECONDS=1800`. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 2);
/** Beyond its time: a process that is not at its end is in a loop. Generous, for the machine has other work. */
const GRACE_MS = 30_000;
/** V8 ends the process above this, which is a finding and not a machine without memory. */
const HEAP_MB = 256;
const OPTIONS = [
  "--expose-gc",
  `--max-old-space-size=${HEAP_MB}`,
  // All of V8 on the thread that is measured: the same input costs the same again.
  "--no-concurrent-recompilation",
];

const runner = fileURLToPath(new URL("runner.ts", import.meta.url));

/**
 * Feeds a target with damaged inputs for `seconds`, in a process of its own. Resolves with what was counted, and with
 * the first failure, whose input is then kept in a file; `SEED` in the environment makes the same inputs again.
 * `module`: the URL of a file that exports `targets`.
 */
export async function fuzz(module: string, name: string, { seconds = SECONDS, graceMs = GRACE_MS } = {}) {
  const { targets } = (await import(module)) as { targets: Readonly<Record<string, Target>> };
  const material = await (targets[name] as Target).material();
  const { seed } = createRandom();
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  writeFileSync(join(folder, "material"), serialize(material));

  const child = spawn(process.execPath, [...OPTIONS, runner, module, name, folder, String(seed), String(seconds)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("latin1")).slice(-4_000);
  });
  let endless = false;
  const watchdog = setTimeout(
    () => {
      endless = true;
      child.kill("SIGKILL");
    },
    seconds * 1000 + graceMs,
  );
  await once(child, "close");
  clearTimeout(watchdog);

  const index = existsSync(join(folder, "progress")) ? readFileSync(join(folder, "progress")) : Buffer.alloc(0);
  const outcome: Outcome = existsSync(join(folder, "outcome"))
    ? JSON.parse(readFileSync(join(folder, "outcome"), "utf8"))
    : { inputs: 0, read: 0, refused: 0, longestMs: 0, grownBytes: 0, failure: lost(endless, complaint) };
  if (outcome.failure === undefined) rmSync(folder, { recursive: true });
  else if (index.length === 4) writeFileSync(join(folder, "input"), inputAt(material, seed, index.readUInt32LE()));
  return { seed, folder, ...outcome };
}

function lost(endless: boolean, complaint: string): Failure {
  return endless ? { kind: "endless", what: "it never came back" } : { kind: "death", what: complaint };
}
