/**
 * Every reader of bytes of others, fed with damaged real inputs: a value or a coded error, nothing else; no stall of
 * more than 200 ms, no growth of more than 64 MB.
 *
 * `FUZZ_SECONDS` gives each target more time, `SEED` makes the inputs of a run again. Without ../shared the samples of
 * others are not among the inputs.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fuzz } from "./harness.ts";
import type { Target } from "./target.ts";

const HOUR = 3_600_000;

const modules = ["dicom", "dicomweb", "dimse", "hl7", "pixels", "xdm", "xml"].map(
  (name) => new URL(`targets/${name}.ts`, import.meta.url).href,
);
const named = await Promise.all(
  modules.map(async (module) => {
    const { targets } = (await import(module)) as { targets: Readonly<Record<string, Target>> };
    return Object.keys(targets).map((name) => ({ name, module }));
  }),
);

describe("damaged, it is read or refused", () => {
  it.each(named.flat())("$name", { timeout: HOUR }, async ({ name, module }) => {
    const { seed, folder, failure, ...counted } = await fuzz(module, name);
    expect(failure, `SEED=${seed}; the input is ${folder}/input`).toBeUndefined();
    expect(counted.read).toBeGreaterThan(0);
    if (process.env.FUZZ_SECONDS !== undefined) console.log(name, counted);
  });
});

describe("the harness finds", () => {
  const planted = new URL("targets/planted.ts", import.meta.url).href;

  it.each([
    ["crashes", "crash", /^RangeError: offset out of range/],
    ["stalls", "stall", /^\d{3} ms/],
    ["takes memory", "memory", /^1\d\d MB for one input/],
    ["leaks", "memory", /MB in the whole run/],
    ["never ends", "endless", /never came back/],
    ["ends the process", "death", /thrown into the void/],
    ["refuses what is right", "refusal", /as it should be/],
  ])("a reader that %s", async (name, kind, what) => {
    const { folder, failure } = await fuzz(planted, name, { seconds: 2, graceMs: 1_500 });
    expect(failure).toEqual({ kind, what: expect.stringMatching(what) });
    if (kind !== "refusal" && name !== "leaks") expect(readFileSync(join(folder, "input")).includes("!")).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it.each(["sound", "stalls once"])("nothing in one that is %s", async (name) => {
    const { failure, read } = await fuzz(planted, name, { seconds: 1 });
    expect(failure).toBeUndefined();
    expect(read).toBeGreaterThan(100);
  });
});
