/** Images on disk for a while: brought once, read by many, never mixed, never more than there is room for. */
import { once } from "node:events";
import { closeSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CacheOptions, type EntryWriter, type ImageCache, openCache } from "../../appliance/cache/index.ts";
import {
  bytesOf,
  descriptorsInto,
  digestOf,
  type Facts,
  fillWith,
  openedFile,
  readAll,
  whole,
  write,
} from "./support.ts";

let folder: string;
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-"));
  now = Date.now();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: Partial<CacheOptions> = {}): Promise<ImageCache<Facts>> =>
  openCache<Facts>({ folder, maximumBytes: 100_000_000, maximumAgeMs: 3_600_000, now: () => now, ...options });
const never = async () => {
  throw new Error("it was to be there");
};
const SERIES = ["a", "b", "c"].map((name) => ({ name, size: 300_000 }));
const entries = () => readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));
const descriptors = () => descriptorsInto(folder);

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

  it("tells who fills it once a reader comes who cannot wait", async () => {
    const cache = await open();
    const filling = Promise.withResolvers<EntryWriter<Facts>>();
    const gate = Promise.withResolvers<void>();
    await using patient = await cache.open("k", "g", async (entry) => {
      filling.resolve(entry);
      await gate.promise;
    });
    const { urgent } = await filling.promise;
    await using _other = await cache.open("k", "g", never);
    expect(urgent.aborted).toBe(false);
    await using _hurried = await cache.open("k", "g", never, { urgent: true });
    expect(urgent.aborted).toBe(true);
    gate.resolve();
    expect(await readAll(patient)).toEqual([]);
    // Of one that begins, too, before its filling does.
    const seen: boolean[] = [];
    const fill = async (entry: EntryWriter<Facts>) => void seen.push(entry.urgent.aborted);
    await using first = await cache.open("l", "g", fill, { urgent: true });
    await readAll(first);
    expect(seen).toEqual([true]);
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
    expect(readdirSync(join(folder, entries()[0] as string)).sort()).toEqual(["0", "entry.json", "items.json"]);
  });

  it("is not the entry of another group with the same key", async () => {
    const cache = await open();
    await kept(cache, "k", [{ name: "mine", size: 10 }], "mine");
    await kept(cache, "k", [{ name: "theirs", size: 10 }], "theirs");
    await cache.withdraw("theirs");
    await using reader = await cache.open("k", "mine", never);
    expect(await readAll(reader)).toEqual(["mine"]);
  });

  it("tells whether it and its items are all there, and shows itself while it grows", async () => {
    const cache = await open();
    const gate = Promise.withResolvers<void>();
    await using reader = await cache.open("k", "g", async (entry) => {
      entry.note("soon");
      await write(entry, { name: "a", size: 10 });
      const item = await entry.add("b", { digest: "" });
      await gate.promise;
      await item.end();
    });
    const [a, b] = [await reader.find("a"), await reader.find("b")];
    expect([await a?.whole(), a?.size, b?.size, reader.complete]).toEqual([10, 10, undefined, false]);
    expect(cache.entriesOf("g")).toEqual([{ key: "k", note: "soon", complete: false }]);
    gate.resolve();
    expect(await readAll({ ...reader, items: async function* () {} })).toEqual([]);
    expect(await b?.whole()).toBe(0);
    expect(await reader.find("c")).toBeUndefined();
    expect([b?.size, reader.complete]).toEqual([0, true]);
  });

  it("is not filled for nobody: when the last reader leaves, its filler is told and nothing remains", async () => {
    const cache = await open();
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
    expect(descriptors()).toEqual([]);
  });

  it("is left by the signal alone though its file cannot be closed: nobody is there to be told", async () => {
    const cache = await open();
    const failures: unknown[] = [];
    const failed = (error: unknown) => void failures.push(error);
    process.on("uncaughtException", failed).on("unhandledRejection", failed);
    try {
      await kept(cache, "k", SERIES, "g");
      const leaving = new AbortController();
      const reader = await cache.open("k", "g", never, { signal: leaving.signal });
      await readAll(reader);
      for (const descriptor of readdirSync("/proc/self/fd").map(Number)) {
        if (openedFile(descriptor).startsWith(folder)) closeSync(descriptor);
      }
      leaving.abort(new Error("gone"));
      await setTimeout(50);
      expect(failures).toEqual([]);
    } finally {
      process.off("uncaughtException", failed).off("unhandledRejection", failed);
    }
  });

  it("is left by the signal alone, in the middle of an item that does not come", async () => {
    const cache = await open();
    const leaving = new AbortController();
    const cancelled = Promise.withResolvers<void>();
    const reader = await cache.open(
      "k",
      "g",
      async (entry, signal) => {
        signal.addEventListener("abort", () => cancelled.resolve());
        await entry.add("a", { digest: "" });
        await cancelled.promise;
      },
      { signal: leaving.signal },
    );
    const item = (await reader.find("a"))!;
    const waiting = Promise.allSettled([item.whole(), item.read().next(), reader.find("b")]);
    leaving.abort(new Error("gone"));
    for (const result of await waiting) expect(result).toMatchObject({ reason: { message: "gone" } });
    await cancelled.promise;
    await reader[Symbol.asyncDispose]();
    expect(entries()).toEqual([]);
  });

  it("is not read by who has left it", async () => {
    const cache = await open();
    const reader = await cache.open("k", "g", fillWith(SERIES));
    const item = (await reader.find("a"))!;
    await item.whole();
    await reader[Symbol.asyncDispose]();
    await expect(item.read().next()).rejects.toMatchObject({ code: "CACHE_INTERRUPTED" });
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

describe("who writes", () => {
  it("may use his buffer again, and need not wait: the bytes are those, in that order", async () => {
    const cache = await open();
    await using reader = await cache.open("k", "g", async (entry) => {
      const item = await entry.add("a", { digest: digestOf(bytesOf("a", 900_000)) });
      const buffer = Buffer.alloc(90_000);
      for (let at = 0; at < 900_000; at += buffer.length) {
        bytesOf("a", 900_000).copy(buffer, 0, at);
        await item.write(buffer);
        buffer.fill(0);
      }
      await item.end();
      const hasty = await entry.add("b", { digest: digestOf(bytesOf("b", 2_000_000)) });
      const bytes = bytesOf("b", 2_000_000);
      const writes = [0, 1, 2, 3].map((part) => hasty.write(bytes.subarray(part * 500_000, (part + 1) * 500_000)));
      await Promise.all([...writes, hasty.end()]);
    });
    expect(await readAll(reader)).toEqual(["a", "b"]);
  });

  it("cannot end what could not be written", async () => {
    const cache = await open({ maximumBytes: 500_000 });
    const outcomes = Promise.withResolvers<PromiseSettledResult<void>[]>();
    await using reader = await cache.open("k", "g", async (entry) => {
      const item = await entry.add("a", { digest: "" });
      const first = await Promise.allSettled([item.write(bytesOf("a", 400_000)), item.write(bytesOf("a", 400_000))]);
      outcomes.resolve([...first, ...(await Promise.allSettled([item.write(bytesOf("a", 10)), item.end()]))]);
    });
    const [written, ...refused] = await outcomes.promise;
    expect(written?.status).toBe("fulfilled");
    for (const one of refused) expect(one).toMatchObject({ reason: { code: "CACHE_FULL" } });
    expect(await readAll(reader)).toEqual([]);
    expect(cache.usage().bytes).toBe(0);
  });

  it("cannot write an item twice, nor anything after he said that it is all", async () => {
    const cache = await open();
    let writer: EntryWriter<Facts> | undefined;
    await using reader = await cache.open("k", "g", async (entry) => {
      writer = entry;
      await write(entry, { name: "a", size: 10 });
      await expect(entry.add("a", { digest: "" })).rejects.toMatchObject({ code: "CACHE_ITEM_TWICE" });
    });
    expect(await readAll(reader)).toEqual(["a"]);
    await expect(writer?.add("b", { digest: "" })).rejects.toMatchObject({ code: "CACHE_INTERRUPTED" });
  });

  it("has not filled an entry when he leaves an item unfinished", async () => {
    const cache = await open();
    await using reader = await cache.open("k", "g", async (entry) => {
      await write(entry, { name: "a", size: 10 });
      await (await entry.add("b", { digest: "" })).write(bytesOf("b", 10));
    });
    await expect(readAll(reader)).rejects.toMatchObject({ code: "CACHE_INTERRUPTED" });
    expect(cache.entriesOf("g")).toEqual([]);
  });

  it("keeps nobody waiting when he does not hear that he is not wanted", async () => {
    const cache = await open();
    const begun = Promise.withResolvers<void>();
    const deaf = async (entry: EntryWriter<Facts>) => {
      await (await entry.add("a", { digest: "" })).write(bytesOf("a", 400_000));
      begun.resolve();
      await new Promise(() => {});
    };
    await using _left = await cache.open("k", "g", deaf);
    await begun.promise;
    await cache.withdraw("g");
    expect(entries()).toEqual([]);
    expect(descriptors()).toEqual([]);
    await cache.close();
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

  it("is not read any more where it could not be filled, either", async () => {
    const cache = await open();
    await using reader = await cache.open("k", "study", async (entry) => {
      await write(entry, { name: "a", size: 10 });
      throw new Error("the PACS is gone");
    });
    await expect(reader.find("b")).rejects.toThrow("the PACS is gone");
    const item = (await reader.find("a"))!;
    expect(await whole(item)).toEqual(bytesOf("a", 10));
    await cache.withdraw("study");
    await expect(whole(item)).rejects.toMatchObject({ code: "CACHE_WITHDRAWN" });
    expect(entries()).toEqual([]);
  });

  it("is off the disk when that is said, though its removal had begun for another reason", async () => {
    const cache = await open({ maximumAgeMs: 1000 });
    await kept(cache, "k");
    now += 1001;
    await using reader = await cache.open("k", "another study", fillWith([]));
    await using renewed = await cache.open("k", "study", fillWith([]));
    await cache.withdraw("study");
    expect(entries()).toHaveLength(1);
    await expect(readAll(renewed)).rejects.toMatchObject({ code: "CACHE_WITHDRAWN" });
    expect(await readAll(reader)).toEqual([]);
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

describe("what is too old", () => {
  it("stays for those who read it, and goes with them", async () => {
    const cache = await open({ maximumAgeMs: 1000 });
    await kept(cache, "k");
    const former = await cache.open("k", "study", never);
    now += 1001;
    await using reader = await cache.open("k", "study", fillWith([{ name: "new", size: 5 }]));
    expect(await readAll(former)).toEqual(["a", "b", "c"]);
    await former[Symbol.asyncDispose]();
    expect(await readAll(reader)).toEqual(["new"]);
    expect(entries()).toHaveLength(1);
    expect(cache.usage()).toEqual({ bytes: 5, entries: 1 });
  });

  it("goes though nobody asks", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const cache = await open({ maximumAgeMs: 1000 });
    await kept(cache, "k");
    now += 1001;
    vi.advanceTimersByTime(60_000);
    await vi.waitUntil(() => entries().length === 0, { interval: 10, timeout: 10_000 });
    expect(cache.usage()).toEqual({ bytes: 0, entries: 0 });
    await cache.close();
  });
});
