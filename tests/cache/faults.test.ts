/** The cache on a machine that is killed, and on a disk that is full. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCache } from "../../appliance/cache/index.ts";
import { bytesOf, type Facts, readAll } from "./support.ts";

/** A file system in memory, in a name space of its own: no privilege is needed, and it ends with the process. */
const mounting = ["--user", "--map-root-user", "--mount", "sh", "-c"];
const possible = spawnSync("unshare", [...mounting, "mount -t tmpfs tmpfs /tmp"]).status === 0;

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-faults-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => openCache<Facts>({ folder, maximumBytes: 1e9, maximumAgeMs: 1e9 });
const never = async () => {
  throw new Error("it was to be there");
};

/** Runs the filler, and kills it that long after its first word. */
async function killed(afterMs: number, ...mode: string[]): Promise<void> {
  const child = spawn(process.execPath, [beside("filler.ts"), folder, ...mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  await sleep(afterMs);
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("a kill", () => {
  it("leaves what was complete, and of the rest nothing", async () => {
    let before = 0;
    for (const afterMs of [10, 80, 150, 250]) {
      await killed(afterMs);
      const folders = readdirSync(folder).length;
      const cache = await open();
      const complete = cache.entriesOf("study");
      expect(readdirSync(folder)).toHaveLength(complete.length);
      // The one that never ends was there.
      expect(folders).toBeGreaterThan(complete.length);
      expect(complete.length).toBeGreaterThanOrEqual(before);
      expect(complete.map(({ key }) => key)).not.toContain("endless");
      for (const { key } of complete) {
        await using reader = await cache.open(key, "study", never);
        expect(await readAll(reader)).toHaveLength(20);
      }
      before = complete.length;
      await cache.close();
    }
    expect(before).toBeGreaterThan(0);
  });

  it("does not bring back what was withdrawn", async () => {
    await killed(0, "withdraws");
    const cache = await open();
    expect(cache.entriesOf("withdrawn")).toEqual([]);
    expect(cache.entriesOf("study")).toHaveLength(1);
    await cache.close();
  });
});

describe.skipIf(!possible)("a disk that is full (skipped where unshare may not mount)", () => {
  it.each([
    ["of bytes", "size=8m", 4, 250_000],
    ["of files", "size=8m,nr_inodes=60", 10, 100],
  ])("%s is freed of what was not used for longest; only where all is read there is no room", (...given) => {
    const [, options, items, size] = given;
    const script = `mount -t tmpfs -o ${options} tmpfs "$1" && exec "$2" "$3" "$1" ${items} ${size}`;
    const { stdout, stderr } = spawnSync(
      "unshare",
      [...mounting, script, "sh", folder, process.execPath, beside("small-disk.ts")],
      { encoding: "utf8" },
    );
    expect(stderr).toBe("");
    const { oneByOne, kept, whileAllIsRead, stillRead, afterwards, together, open, left } = JSON.parse(stdout);
    expect(oneByOne).toEqual(Array(20).fill("all"));
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(20);
    expect(kept.at(-1)).toBe("one 19");
    expect(whileAllIsRead).toBe("CACHE_FULL");
    expect(stillRead).toEqual(Array(kept.length).fill(items));
    expect(afterwards).toBe("all");
    for (const one of together) expect(one).toMatch(/^(all|CACHE_FULL)$/);
    expect([open, left]).toEqual([[], []]);
  });
});

describe("memory", () => {
  it("holds nothing of what a fast writer has written and a slow reader has not read", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const cache = await open();
    const chunk = bytesOf("a", 100_000);
    const before = held();
    {
      await using reader = await cache.open("k", "g", async (entry) => {
        for (let index = 0; index < 50; index++) {
          const item = await entry.add(String(index), { digest: "" });
          for (let written = 0; written < 20; written++) await item.write(chunk);
          await item.end();
        }
      });
      const first = (await reader.find("0"))!;
      await using reading = first.read();
      await reading.next();
      await (await reader.find("49"))!.whole();
      // Of 100 megabytes: a piece that is read, the buffers of writers.
      expect(held() - before).toBeLessThan(6_000_000);
    }
    expect(held() - before).toBeLessThan(5_000_000);
  });
});
