/** What the next start finds of a cache: what was complete, and nothing that was put there by others. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CacheOptions, type ImageCache, openCache } from "../../appliance/cache/index.ts";
import { type Facts, fillWith, readAll } from "./support.ts";

let folder: string;
let now = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-"));
  now = Date.now();
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = (options: Partial<CacheOptions> = {}): Promise<ImageCache<Facts>> =>
  openCache<Facts>({ folder, maximumBytes: 100_000_000, maximumAgeMs: 3_600_000, now: () => now, ...options });
const never = async () => {
  throw new Error("it was to be there");
};
const SERIES = ["a", "b", "c"].map((name) => ({ name, size: 300_000 }));
const entries = () => readdirSync(folder).filter((name) => /^[0-9a-f]{32}$/.test(name));

/** Has the cache fill an entry to its end. */
async function kept(cache: ImageCache<Facts>, key: string): Promise<void> {
  await using reader = await cache.open(key, "study", fillWith(SERIES));
  await readAll(reader);
}

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
    expect(cache.entriesOf("study")).toEqual([{ key: "k", note: { offered: ["1.2.3"] }, complete: true }]);
    expect(cache.usage()).toEqual({ bytes: 900_000, entries: 1 });
    await using reader = await cache.open("k", "study", never);
    expect(await readAll(reader)).toEqual(["a", "b", "c"]);
  });

  it("what was not used for longest still goes first", async () => {
    const first = await open();
    for (const key of ["one", "two"]) {
      now += 5000;
      await kept(first, key);
    }
    now += 5000;
    await kept(first, "one");
    await first.close();
    const cache = await open({ maximumBytes: 1_000_000 });
    expect(cache.entriesOf("study").map(({ key }) => key)).toEqual(["one"]);
  });

  it("what was kept under another meaning of its facts is gone", async () => {
    await kept(await open({ version: "1" }), "k");
    const cache = await open({ version: "2" });
    expect([cache.usage(), entries()]).toEqual([{ bytes: 0, entries: 0 }, []]);
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
    truncateSync(join(folder, name as string, "0"), 1000);
    const cache = await open();
    {
      await using reader = await cache.open("k", "study", never);
      await expect(readAll(reader)).rejects.toMatchObject({ code: "CACHE_UNREADABLE" });
    }
    await kept(cache, "k");
  });

  it.each(["0", "items.json"])("follows no link that was put in the place of %s", async (name) => {
    const first = await open();
    await kept(first, "k");
    await first.close();
    const inside = join(folder, entries()[0] as string);
    renameSync(join(inside, name), join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(inside, name));
    const cache = await open();
    await using reader = await cache.open("k", "study", never);
    await expect(readAll(reader)).rejects.toMatchObject({ code: "CACHE_UNREADABLE", details: { reason: "ELOOP" } });
  });

  it.each(["", "null", "{}", '{"key":1}', "[".repeat(10_000)])("survives an index that holds %.20s", async (text) => {
    const first = await open();
    await kept(first, "one");
    await kept(first, "two");
    await first.close();
    const [one, two] = entries().map((name) => join(folder, name)) as [string, string];
    writeFileSync(join(one, "entry.json"), text);
    writeFileSync(join(two, "items.json"), text);
    const cache = await open();
    expect(existsSync(one)).toBe(false);
    for (const key of ["one", "two"]) {
      await using reader = await cache.open(key, "study", fillWith(SERIES));
      await readAll(reader).catch((error) => expect(error).toMatchObject({ code: "CACHE_UNREADABLE" }));
    }
    await kept(cache, "two");
  });

  it("nobody else can read it", async () => {
    const cache = await open();
    await kept(cache, "k");
    const inside = join(folder, entries()[0] as string);
    expect(statSync(inside).mode & 0o077).toBe(0);
    for (const file of readdirSync(inside)) expect(statSync(join(inside, file)).mode & 0o077).toBe(0);
  });
});
