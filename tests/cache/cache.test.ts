/** Images on disk for a while: brought once, read by many, never mixed, never more than there is room for. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CacheOptions, type ImageCache, openCache } from "../../appliance/cache/index.ts";
import { bytesOf, type Facts, fillWith, readAll, whole, write } from "./support.ts";

let folder: string;
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-"));
  now = Date.now();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: Partial<CacheOptions> = {}): Promise<ImageCache<Facts>> =>
  openCache<Facts>({ folder, maximumBytes: 100_000_000, maximumAgeMs: 3_600_000, now: () => now, ...options });
const never = async () => {
  throw new Error("it was to be there");
};
const SERIES = ["a", "b", "c"].map((name) => ({ name, size: 300_000 }));
const entries = () => readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));
const descriptors = () => readdirSync("/proc/self/fd").length;

/** Has the cache fill an entry to its end. */
async function kept(cache: ImageCache<Facts>, key: string, items = SERIES, group = "study"): Promise<void> {
  await using reader = await cache.open(key, group, fillWith(items));
  await readAll(reader);
}

describe("an entry", () => {
  it("is read while it is filled: the first item before the second is there, and its bytes before its end", async () => {
    const cache = await open();
    const gate = Promise.withResolvers<void>();
    await using reader = await cache.open("k", "g", async (entry) => {
      await write(entry, { name: "a", size: 10 });
      const item = await entry.add("b", { digest: "" });
      await item.write(bytesOf("b", 600_000));
      await gate.promise;
      await item.write(bytesOf("rest", 10));
      await item.end();
    });
    const items = reader.items();
    const first = (await items.next()).value!;
    expect(await whole(first)).toEqual(bytesOf("a", 10));
    const second = (await items.next()).value!;
    const pieces = second.read();
    expect((await pieces.next()).value?.length).toBeGreaterThan(0);
    gate.resolve();
    let left = 0;
    for await (const piece of pieces) left += piece.length;
    expect(left).toBeGreaterThan(0);
    expect((await items.next()).done).toBe(true);
  });

  it("is filled once, however many ask for it at the same time, and not again", async () => {
    const cache = await open();
    let fills = 0;
    const fill: Parameters<typeof cache.open>[2] = async (entry) => {
      fills += 1;
      await fillWith(SERIES)(entry);
    };
    const names = await Promise.all(
      Array.from({ length: 10 }, async () => {
        await using reader = await cache.open("k", "g", fill);
        return await readAll(reader);
      }),
    );
    expect(new Set(names.map(String))).toEqual(new Set(["a,b,c"]));
    await kept(cache, "k");
    expect(fills).toBe(1);
  });

  it("gives one item by its name, and a part of it", async () => {
    const cache = await open();
    await using reader = await cache.open("k", "g", fillWith(SERIES));
    const item = await reader.find("b");
    expect(await item?.whole()).toBe(300_000);
    const part = Buffer.concat(await Array.fromAsync(item!.read({ start: 100, end: 250 })));
    expect(part).toEqual(bytesOf("b", 300_000).subarray(100, 250));
    expect(await reader.find("z")).toBeUndefined();
  });

  it("that fails gives what is whole, then the reason; the next who asks begins anew", async () => {
    const cache = await open();
    {
      await using reader = await cache.open("k", "g", async (entry) => {
        await write(entry, { name: "a", size: 10 });
        const item = await entry.add("b", { digest: "" });
        await item.write(bytesOf("b", 10));
        throw new Error("the PACS is gone");
      });
      const items = reader.items();
      expect((await items.next()).value?.name).toBe("a");
      await expect(readAll({ ...reader, items: () => items })).rejects.toThrow("the PACS is gone");
    }
    expect(entries()).toEqual([]);
    await kept(cache, "k");
  });

  it("takes an item again that was given up, and never shows the first", async () => {
    const cache = await open();
    const givenUp = Promise.withResolvers<void>();
    await using reader = await cache.open("k", "g", async (entry) => {
      const item = await entry.add("a", { digest: "" });
      await item.write(bytesOf("wrong", 400_000));
      await item.abort();
      givenUp.resolve();
      await write(entry, { name: "a", size: 20 });
    });
    await givenUp.promise;
    expect(await readAll(reader)).toEqual(["a"]);
    expect(cache.usage().bytes).toBe(20);
  });

  it("is not filled for nobody: when the last reader leaves, its filler is told and nothing remains", async () => {
    const cache = await open();
    const before = descriptors();
    const began = Promise.withResolvers<AbortSignal>();
    const reader = await cache.open("k", "g", async (entry, signal) => {
      const item = await entry.add("a", { digest: "" });
      await item.write(bytesOf("a", 400_000));
      began.resolve(signal);
      await once(signal, "abort");
      throw signal.reason;
    });
    const signal = await began.promise;
    await reader[Symbol.asyncDispose]();
    expect(signal.aborted).toBe(true);
    expect(entries()).toEqual([]);
    expect(cache.usage()).toEqual({ bytes: 0, entries: 0 });
    expect(descriptors()).toBe(before);
  });

  it("lets a reader go that waits and is not wanted any more, and serves the others", async () => {
    const cache = await open();
    const gate = Promise.withResolvers<void>();
    const fill: Parameters<typeof cache.open>[2] = async (entry) => {
      await gate.promise;
      await fillWith(SERIES)(entry);
    };
    const leaving = new AbortController();
    const one = await cache.open("k", "g", fill, { signal: leaving.signal });
    await using other = await cache.open("k", "g", fill);
    const waiting = one.items().next();
    leaving.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await one[Symbol.asyncDispose]();
    gate.resolve();
    expect(await readAll(other)).toEqual(["a", "b", "c"]);
  });
});

describe("what is withdrawn", () => {
  it("is gone for those who ask, and those who read it are told at once", async () => {
    const cache = await open();
    await kept(cache, "k");
    await kept(cache, "other", SERIES, "another study");
    await using reader = await cache.open("k", "study", never);
    const items = reader.items();
    const item = (await items.next()).value!;
    const reading = item.read();
    await cache.withdraw("study");
    await expect(reading.next()).rejects.toMatchObject({ code: "CACHE_WITHDRAWN" });
    await expect(items.next()).rejects.toMatchObject({ code: "CACHE_WITHDRAWN" });
    expect(cache.entriesOf("study")).toEqual([]);
    expect(entries()).toHaveLength(1);
    await using unharmed = await cache.open("other", "another study", never);
    expect(await readAll(unharmed)).toEqual(["a", "b", "c"]);
  });

  it("is brought no further", async () => {
    const cache = await open();
    const told = Promise.withResolvers<unknown>();
    const reader = await cache.open("k", "study", async (entry, signal) => {
      await write(entry, { name: "a", size: 10 });
      if (!signal.aborted) await once(signal, "abort");
      told.resolve(signal.reason);
      await write(entry, { name: "b", size: 10 });
    });
    const items = reader.items();
    await (await items.next()).value?.whole();
    const waiting = items.next();
    await Promise.all([
      cache.withdraw("study"),
      expect(waiting).rejects.toMatchObject({ code: "CACHE_WITHDRAWN" }),
      expect(told.promise).resolves.toMatchObject({ code: "CACHE_WITHDRAWN" }),
    ]);
    await reader[Symbol.asyncDispose]();
    expect(entries()).toEqual([]);
  });
});

describe("the bounds", () => {
  it("what was not used for longest goes first", async () => {
    const cache = await open({ maximumBytes: 2_000_000 });
    await kept(cache, "one");
    await kept(cache, "two");
    await using again = await cache.open("one", "study", never);
    await readAll(again);
    await again[Symbol.asyncDispose]();
    await kept(cache, "three");
    expect(cache.entriesOf("study").map(({ key }) => key)).toEqual(["one", "three"]);
    expect(cache.usage().bytes).toBeLessThanOrEqual(2_000_000);
  });

  it("what is read stays; when nothing can go there is no room", async () => {
    const cache = await open({ maximumBytes: 1_000_000 });
    await kept(cache, "one");
    await using reader = await cache.open("one", "study", never);
    const two = await cache.open("two", "study", fillWith(SERIES));
    await expect(readAll(two)).rejects.toMatchObject({ code: "CACHE_FULL" });
    await two[Symbol.asyncDispose]();
    expect(await readAll(reader)).toEqual(["a", "b", "c"]);
    expect(cache.usage().bytes).toBeLessThanOrEqual(1_000_000);
  });

  it("what is too old is brought again", async () => {
    const cache = await open({ maximumAgeMs: 1000 });
    await kept(cache, "k");
    now += 1001;
    await using reader = await cache.open("k", "study", fillWith([{ name: "new", size: 5 }]));
    expect(await readAll(reader)).toEqual(["new"]);
  });
});

describe("after a restart", () => {
  it("what was complete is there, with what was noted of it", async () => {
    const first = await open();
    {
      await using reader = await first.open("k", "study", async (entry) => {
        await fillWith(SERIES)(entry);
        entry.note({ offered: ["1.2.3"] });
      });
      await readAll(reader);
    }
    await first.close();
    const cache = await open();
    expect(cache.entriesOf("study")).toEqual([{ key: "k", note: { offered: ["1.2.3"] } }]);
    expect(cache.usage()).toEqual({ bytes: 900_000, entries: 1 });
    await using reader = await cache.open("k", "study", never);
    expect(await readAll(reader)).toEqual(["a", "b", "c"]);
  });

  it("what a kill left unfinished is gone", async () => {
    const filler = fileURLToPath(new URL("filler.ts", import.meta.url));
    const child = spawn(process.execPath, [filler, folder], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await sleep(150);
    child.kill("SIGKILL");
    await once(child, "exit");
    const left = entries().length;
    const cache = await open();
    expect(entries().length).toBeLessThan(left);
    for (const { key } of cache.entriesOf("study")) {
      await using reader = await cache.open(key, "study", never);
      expect(await readAll(reader)).toHaveLength(20);
    }
  });

  it("leaves alone what it has not made, and follows no link", async () => {
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "precious"), "");
    symlinkSync(outside, join(folder, "0".repeat(32)));
    mkdirSync(join(folder, "foreign"));
    writeFileSync(join(folder, "note.txt"), "");
    mkdirSync(join(folder, "1".repeat(32)));
    const cache = await open();
    expect(readdirSync(folder).sort()).toEqual(["0".repeat(32), "foreign", "note.txt"]);
    expect(existsSync(join(outside, "precious"))).toBe(true);
    await kept(cache, "k");
    rmSync(outside, { recursive: true });
  });

  it("tells when a file was spoilt from outside, and brings it again", async () => {
    const first = await open();
    await kept(first, "k");
    await first.close();
    const [name] = entries();
    truncateSync(join(folder, name as string, "1"), 1000);
    const cache = await open();
    {
      await using reader = await cache.open("k", "study", never);
      await expect(readAll(reader)).rejects.toMatchObject({ code: "CACHE_UNREADABLE" });
    }
    await kept(cache, "k");
  });

  it("nobody else can read it", async () => {
    const cache = await open();
    await kept(cache, "k");
    const inside = join(folder, entries()[0] as string);
    expect(statSync(inside).mode & 0o077).toBe(0);
    for (const file of readdirSync(inside)) expect(statSync(join(inside, file)).mode & 0o077).toBe(0);
  });
});

describe("whatever happens at the same time", () => {
  const act = fc.record({
    key: fc.constantFrom("k1", "k2", "k3"),
    reads: fc.constantFrom("all", "one", "leaves", "waits"),
    fails: fc.boolean(),
    after: fc.integer({ min: 0, max: 8 }),
    withdraws: fc.constantFrom(false, false, false, true),
  });

  it("nobody reads a byte of another item, a short item, or anything after it was withdrawn", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
        const own = mkdtempSync(join(folder, "run-"));
        const before = descriptors();
        const cache = await openCache<Facts>({ folder: own, maximumBytes: 900_000, maximumAgeMs: 1e9 });
        const results = await Promise.allSettled(
          acts.map(async ({ key, reads, fails, after, withdraws }) => {
            await sleep(after);
            if (withdraws) return cache.withdraw(key);
            const items = ["x", "y", "z"].map((name) => ({ name: `${key} ${name}`, size: 70_000 }));
            await using reader = await cache.open(key, key, async (entry) => {
              await fillWith(items)(entry);
              if (fails) throw new Error("the source failed");
            });
            if (reads === "leaves") return;
            if (reads === "one") {
              const item = await reader.find(`${key} y`);
              if (item !== undefined) expect(await whole(item)).toEqual(bytesOf(`${key} y`, 70_000));
              return;
            }
            if (reads === "waits") await sleep(5);
            expect(await readAll(reader)).toEqual(items.map(({ name }) => name));
          }),
        );
        for (const result of results) {
          if (result.status === "fulfilled") continue;
          const { code, message } = result.reason as { code?: string; message: string };
          expect([code ?? message]).toEqual([
            expect.stringMatching(/^(CACHE_(WITHDRAWN|INTERRUPTED|FULL)|the source failed)$/),
          ]);
        }
        expect(cache.usage().bytes).toBeLessThanOrEqual(900_000);
        await cache.close();
        expect(descriptors()).toBeLessThanOrEqual(before);
        const again = await openCache<Facts>({ folder: own, maximumBytes: 900_000, maximumAgeMs: 1e9 });
        for (const key of ["k1", "k2", "k3"]) {
          for (const one of again.entriesOf(key)) {
            await using reader = await again.open(one.key, key, never);
            expect(await readAll(reader)).toHaveLength(3);
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
