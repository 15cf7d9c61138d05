/**
 * The process in which a target reads: `runner.ts <module> <target> <folder> <seed> <seconds>`. It may hang, die or eat
 * memory without harm to the tests; the number of the input in hand is always in `folder`, so that whoever watches can
 * make that input again.
 */
import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout } from "node:timers/promises";
import { deserialize, getHeapStatistics } from "node:v8";
import { CodedError } from "../../appliance/base/index.ts";
import { type Failure, inputAt, LIMITS, type Outcome } from "./outcome.ts";
import type { Material, Target } from "./target.ts";

const [module = "", name = "", folder = "", seed = "0", seconds = "0"] = process.argv.slice(2);
const { targets } = (await import(module)) as { targets: Readonly<Record<string, Target>> };
const target = targets[name] as Target;
const material = deserialize(readFileSync(join(folder, "material"))) as Material;

/** Buffers are given back by a thread of the collector, a moment later. */
const SWEEP_MS = 20;
async function collect(): Promise<void> {
  globalThis.gc?.();
  await setTimeout(SWEEP_MS);
  globalThis.gc?.();
  await setTimeout(SWEEP_MS);
}

const counter = Buffer.alloc(4);
const progress = openSync(join(folder, "progress"), "w");
/** The first quarter fills caches and compiles: growth is counted from there. */
const WARM_UP = 0.25;

interface Attempt {
  /** Of this thread, in milliseconds. */
  readonly ms: number;
  readonly bytes: number;
  readonly error: unknown;
}

/** Inputs that are read whatever the time allows. */
const certain = material.corpus.length + (material.harmful?.length ?? 0);
const outcome: Outcome = { inputs: 0, read: 0, refused: 0, longestMs: 0, grownBytes: 0 };

/** Reads one input; what it cost this thread, and the buffers that it took. */
async function attempt(bytes: Buffer): Promise<Attempt> {
  const { external_memory: buffers } = getHeapStatistics();
  const before = process.threadCpuUsage();
  let error: unknown;
  try {
    await target.read(bytes, material.secret);
  } catch (thrown) {
    error = thrown ?? new TypeError("nothing was thrown");
  }
  // The processor's time, not the clock's: other processes must not make a stall. Of a reader that works in several
  // steps it is the sum, so that no single step can have taken longer.
  const { user, system } = process.threadCpuUsage(before);
  return { ms: (user + system) / 1000, bytes: getHeapStatistics().external_memory - buffers, error };
}

/** Bytes in use, in the heap and outside of it. Resident memory says more of the collector's mood. */
async function living(): Promise<number> {
  await collect();
  return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers;
}

async function judge(bytes: Buffer): Promise<Failure | undefined> {
  const first = await attempt(bytes);
  const expected = [CodedError, ...(target.refusals ?? [])];
  if (first.error === undefined) outcome.read++;
  else if (expected.some((kind) => first.error instanceof kind)) outcome.refused++;
  else return { kind: "crash", what: first.error instanceof Error ? (first.error.stack ?? "") : String(first.error) };

  // Once may be the collector's turn; three times is the input.
  if (first.ms > LIMITS.stallMs || first.bytes > LIMITS.bytes) {
    const again = [];
    for (let times = 0; times < 2; times++) {
      await collect();
      again.push(await attempt(bytes));
    }
    const ms = Math.min(first.ms, ...again.map((one) => one.ms));
    const grown = Math.min(first.bytes, ...again.map((one) => one.bytes));
    if (ms > LIMITS.stallMs) return { kind: "stall", what: `${Math.round(ms)} ms of processor` };
    if (grown > LIMITS.bytes) return { kind: "memory", what: `${Math.round(grown / 2 ** 20)} MB for one input` };
    outcome.longestMs = Math.max(outcome.longestMs, ms);
  } else if (outcome.inputs > certain) outcome.longestMs = Math.max(outcome.longestMs, first.ms);
  return undefined;
}

const start = performance.now();
const elapsed = () => (performance.now() - start) / 1000 / Number(seconds);
let warm: number | undefined;
let failure: Failure | undefined;
for (let index = 0; failure === undefined && (index < certain || elapsed() < 1); index++) {
  counter.writeUInt32LE(index);
  writeSync(progress, counter, 0, counter.length, 0);
  // What a library gives back, it gives back between two turns of the event loop: zlib its contexts.
  await setImmediate();
  failure = await judge(inputAt(material, Number(seed), index));
  outcome.inputs++;
  // What was not damaged is read: a target that refuses everything at its first byte would test nothing.
  if (failure === undefined && index < material.corpus.length && outcome.refused > 0)
    failure = { kind: "refusal", what: "an input that is as it should be" };
  if (warm === undefined && elapsed() > WARM_UP) warm = await living();
}
if (failure === undefined) {
  await target.end?.();
  const end = await living();
  outcome.grownBytes = end - (warm ?? end);
  if (outcome.grownBytes > LIMITS.bytes)
    failure = { kind: "memory", what: `${Math.round(outcome.grownBytes / 2 ** 20)} MB in the whole run` };
}
writeFileSync(join(folder, "outcome"), JSON.stringify({ ...outcome, ...(failure === undefined ? {} : { failure }) }));
process.exit();
