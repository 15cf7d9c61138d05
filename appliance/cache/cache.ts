import { lstat, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, silent } from "../base/index.ts";
import { Entry, type EntryHeader, HEADER_FILE, type Shelf } from "./entry.ts";
import { fault } from "./errors.ts";
import type { ImageCache } from "./model.ts";

export interface CacheOptions {
  /** Made when it is not there; nothing in it is touched but what the cache has made. */
  readonly folder: string;
  readonly maximumBytes: number;
  /** From the beginning of an entry, in milliseconds. */
  readonly maximumAgeMs: number;
  /** In milliseconds; any clock that only goes on. */
  readonly now?: () => number;
  readonly log?: Logger;
}

/** Entries whose lists of items stay in memory: some 300 bytes an item. */
const LOADED = 16;

/** The names of the folders that entries make. */
const ENTRY_FOLDER = /^[0-9a-f]{32}$/;

/** Opens a cache: what was complete is there again, what was not is removed. */
export async function openCache<Facts>(options: CacheOptions): Promise<ImageCache<Facts>> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const cache = new Cache<Facts>(options);
  await cache.load();
  return cache;
}

class Cache<Facts> implements ImageCache<Facts>, Shelf {
  readonly #options: CacheOptions;
  readonly #now: () => number;
  readonly #log: Logger;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<Facts>>();
  #closed = false;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silent;
  }

  async load(): Promise<void> {
    const { folder } = this.#options;
    const found: Entry<Facts>[] = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (!ENTRY_FOLDER.test(name) || !(await lstat(path)).isDirectory()) continue;
      const entry = await this.#kept(path);
      if (entry === undefined) await rm(path, { recursive: true, force: true });
      else found.push(entry);
    }
    for (const entry of found.toSorted((one, other) => one.createdAt - other.createdAt)) {
      // Of two of one key the later is kept.
      await this.#entries.get(entry.key)?.end(fault("CACHE_INTERRUPTED"));
      this.#entries.set(entry.key, entry);
    }
    await this.#prune();
  }

  async #kept(path: string): Promise<Entry<Facts> | undefined> {
    try {
      const file = join(path, HEADER_FILE);
      const header = JSON.parse(await readFile(file, "utf8")) as EntryHeader;
      return Entry.kept<Facts>(this, path, header, (await lstat(file)).mtimeMs);
    } catch {
      return undefined;
    }
  }

  async open(...[key, group, fill, { signal } = {}]: Parameters<ImageCache<Facts>["open"]>) {
    signal?.throwIfAborted();
    if (this.#closed) throw fault("CACHE_INTERRUPTED");
    const now = this.#now();
    const known = this.#entries.get(key);
    const usable = known !== undefined && (known.isRead || now - known.createdAt <= this.#options.maximumAgeMs);
    if (known !== undefined && !usable) void known.end(fault("CACHE_INTERRUPTED"));
    const entry = usable ? known : Entry.filled<Facts>(this, this.#options.folder, { key, group, now }, fill);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const reader = entry.read(signal);
    this.#unload();
    return reader;
  }

  entriesOf(group: string) {
    const complete = [...this.#entries.values()].filter((entry) => entry.group === group && entry.complete);
    return complete.map(({ key, note }) => ({ key, note }));
  }

  async withdraw(group: string): Promise<void> {
    const its = [...this.#entries.values()].filter((entry) => entry.group === group);
    await Promise.all(its.map((entry) => entry.end(fault("CACHE_WITHDRAWN"))));
  }

  usage() {
    const all = [...this.#entries.values()];
    return { bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), entries: all.length };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const growing = [...this.#entries.values()].filter((entry) => !entry.complete);
    await Promise.all(growing.map((entry) => entry.end(fault("CACHE_INTERRUPTED"))));
  }

  async fit(): Promise<void> {
    if (!(await this.#prune())) throw fault("CACHE_FULL");
  }

  async evict(): Promise<boolean> {
    const [oldest] = [...this.#entries.values()].filter(({ isRead }) => !isRead);
    if (oldest === undefined) return false;
    this.#log.info({ bytes: oldest.bytes }, "images evicted from the cache");
    await oldest.end(fault("CACHE_INTERRUPTED"));
    return true;
  }

  gone(entry: Entry<Facts>): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  /** Lists of items take memory: those that were used last are kept. */
  #unload(): void {
    const loaded = [...this.#entries.values()].filter((entry) => entry.loaded);
    for (const entry of loaded.slice(0, -LOADED)) entry.unload();
  }

  /** Removes what is too old, then what was not used for longest, until the rest fits; false when it cannot. */
  async #prune(): Promise<boolean> {
    const { maximumBytes, maximumAgeMs } = this.#options;
    const now = this.#now();
    const old = [...this.#entries.values()].filter((one) => !one.isRead && now - one.createdAt > maximumAgeMs);
    for (const entry of old) await entry.end(fault("CACHE_INTERRUPTED"));
    while (this.usage().bytes > maximumBytes) if (!(await this.evict())) return false;
    return true;
  }
}
