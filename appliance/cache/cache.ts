import { mkdir, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type CodedError, type Logger, silent } from "../base/index.ts";
import { diskFault, HEADER_FILE, reasonOf, removeEntry, syncFolder } from "./disk.ts";
import { Entry, type EntryId, type Shelf } from "./entry.ts";
import { fault } from "./errors.ts";
import { readHeader } from "./index-files.ts";
import type { EntryReader, ImageCache } from "./model.ts";
import { Reader } from "./reader.ts";

export interface CacheOptions {
  /** Of this cache alone. Made when it is not there; nothing in it is touched but what the cache has made. */
  readonly folder: string;
  readonly maximumBytes: number;
  /** From the beginning of an entry, in milliseconds. */
  readonly maximumAgeMs: number;
  /** Of what facts and notes mean: what was kept under another version is removed at the start. */
  readonly version?: string;
  /** The time of day in milliseconds. */
  readonly now?: () => number;
  readonly log?: Logger;
}

/** Entries whose lists of items stay in memory: some 500 bytes an item. */
const LOADED = 16;

/** How often what is too old is looked for. */
const SWEEP_MS = 60_000;

/** Entries that are looked at together at the start. */
const LOADED_TOGETHER = 32;

/** The names of the folders that entries make. */
const ENTRY_FOLDER = /^[0-9a-f]{32}$/;

/** Opens a cache: what was complete is there again, what was not is removed. Throws CACHE_DISK. */
export async function openCache<Facts>(options: CacheOptions): Promise<ImageCache<Facts>> {
  const cache = new Cache<Facts>(options);
  try {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    await cache.load();
  } catch (error) {
    throw diskFault(error);
  }
  return cache;
}

class Cache<Facts> implements ImageCache<Facts>, Shelf<Facts> {
  readonly version: string;
  readonly #options: CacheOptions;
  readonly #now: () => number;
  readonly #log: Logger;
  /** What is given to those who ask, by `nameOf`, in the order of its last use. */
  readonly #current = new Map<string, Entry<Facts>>();
  /** That, and what is still read or removed though nobody gets it any more. */
  readonly #all = new Set<Entry<Facts>>();
  /** Removals that give room. */
  readonly #freeing = new Set<Promise<void>>();
  #bytes = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.version = options.version ?? "";
    this.#now = options.now ?? Date.now;
    this.#log = options.log ?? silent;
  }

  async load(): Promise<void> {
    const { folder } = this.#options;
    const inside = await readdir(folder, { withFileTypes: true });
    // A link is not a directory here, and is left alone.
    const folders = inside.filter((one) => one.isDirectory() && ENTRY_FOLDER.test(one.name));
    const found: { entry: Entry<Facts>; usedAt: number }[] = [];
    for (let at = 0; at < folders.length; at += LOADED_TOGETHER) {
      const together = folders.slice(at, at + LOADED_TOGETHER).map(({ name }) => this.#kept(join(folder, name)));
      found.push(...(await Promise.all(together)).filter((one) => one !== undefined));
    }
    for (const { entry } of found.toSorted((one, other) => one.usedAt - other.usedAt)) {
      const other = this.#current.get(nameOf(entry.id));
      // Of two of one name, the later begun.
      if (other !== undefined && other.createdAt > entry.createdAt) {
        await this.#drop(entry);
        continue;
      }
      this.#put(entry);
      if (other !== undefined) await this.#drop(other);
    }
    await this.#sweep();
    while (this.#bytes > this.#options.maximumBytes && (await this.evict()));
    this.#sweeping = setInterval(() => void this.#sweep(), SWEEP_MS).unref();
  }

  async #kept(folder: string): Promise<{ entry: Entry<Facts>; usedAt: number } | undefined> {
    const kept = await readHeader(folder);
    if (kept?.header.version === this.version) {
      const entry = Entry.kept<Facts>(this, folder, kept.header);
      this.#all.add(entry);
      return { entry, usedAt: kept.usedAt };
    }
    await removeEntry(folder).catch((error) => this.#notRemoved(error));
    return undefined;
  }

  async open(...[key, group, fill, { signal, urgent = false } = {}]: Parameters<ImageCache<Facts>["open"]>) {
    signal?.throwIfAborted();
    if (this.#closed) throw fault("CACHE_INTERRUPTED");
    const id = { key, group };
    const known = this.#current.get(nameOf(id));
    if (known !== undefined && this.#mayBeGiven(known)) return this.#reader(known, signal, urgent);
    const entry = Entry.filled<Facts>(this, this.#options.folder, id, this.#now(), fill);
    const reader = this.#reader(entry, signal, urgent);
    // Those who read it still keep what is too old for others.
    if (known?.readers === 0) void this.#drop(known);
    return reader;
  }

  entriesOf(group: string) {
    const its = [...this.#current.values()].filter((entry) => entry.id.group === group && this.#mayBeGiven(entry));
    return its.map(({ id, note, complete }) => ({ key: id.key, note, complete }));
  }

  async withdraw(group: string): Promise<void> {
    const its = [...this.#all].filter(({ id }) => id.group === group);
    if (its.length === 0) return;
    const removed = its.map((entry) => this.#end(entry, fault("CACHE_WITHDRAWN")));
    for (const result of await Promise.allSettled(removed)) if (result.status === "rejected") throw result.reason;
    try {
      await syncFolder(this.#options.folder);
    } catch (error) {
      throw diskFault(error);
    }
  }

  usage() {
    return { bytes: this.#bytes, entries: this.#current.size };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeping);
    await Promise.all([...this.#all].filter(({ complete }) => !complete).map((entry) => this.#drop(entry)));
  }

  count(bytes: number): void {
    this.#bytes += bytes;
  }

  async fit(): Promise<void> {
    while (this.#bytes > this.#options.maximumBytes) if (!(await this.evict())) throw fault("CACHE_FULL");
  }

  async evict(): Promise<boolean> {
    if (this.#freeing.size > 0) {
      await Promise.allSettled(this.#freeing);
      return true;
    }
    const oldest = this.#current.values().find(({ complete, readers }) => complete && readers === 0);
    if (oldest === undefined) return false;
    this.#log.info({ bytes: oldest.bytes }, "images evicted from the cache");
    await this.#drop(oldest);
    return true;
  }

  failed(entry: Entry<Facts>): void {
    this.#takeAway(entry);
    if (entry.readers === 0) void this.#drop(entry);
  }

  spoilt(entry: Entry<Facts>, reason: CodedError): void {
    this.#log.warn({ code: reason.code }, "images in the cache were spoilt");
    void this.#drop(entry, reason);
  }

  #reader(entry: Entry<Facts>, signal: AbortSignal | undefined, urgent: boolean): EntryReader<Facts> {
    this.#put(entry);
    if (urgent) entry.hurry();
    entry.readers += 1;
    this.#unload();
    return new Reader(entry, signal, () => this.#left(entry));
  }

  async #left(entry: Entry<Facts>): Promise<void> {
    entry.readers -= 1;
    if (entry.readers === 0) await entry.rest();
    if (entry.readers > 0 || entry.over !== undefined) return;
    // Nothing stays that nobody waits for.
    if (!entry.complete || this.#current.get(nameOf(entry.id)) !== entry) return this.#drop(entry);
    this.#put(entry);
    // For the order after a restart.
    const now = this.#now() / 1000;
    await utimes(join(entry.folder, HEADER_FILE), now, now).catch(() => {});
  }

  /** Gives it to those who ask, as the one used last. */
  #put(entry: Entry<Facts>): void {
    const name = nameOf(entry.id);
    this.#current.delete(name);
    this.#current.set(name, entry);
    this.#all.add(entry);
  }

  #takeAway(entry: Entry<Facts>): void {
    const name = nameOf(entry.id);
    if (this.#current.get(name) === entry) this.#current.delete(name);
  }

  /** Ends an entry; rejects with CACHE_DISK when it could not be removed. */
  #end(entry: Entry<Facts>, reason: CodedError): Promise<void> {
    const { complete } = entry;
    this.#takeAway(entry);
    const removed: Promise<void> = entry.end(reason).finally(() => {
      this.#all.delete(entry);
      this.#freeing.delete(removed);
    });
    // What still grows is not waited for by who needs room: it may itself wait for room.
    if (complete) this.#freeing.add(removed);
    return removed;
  }

  /** Ends an entry of which nobody needs to know that it is removed: what is left of it goes at the next start. */
  async #drop(entry: Entry<Facts>, reason = fault("CACHE_INTERRUPTED")): Promise<void> {
    await this.#end(entry, reason).catch((error) => this.#notRemoved(error));
  }

  #notRemoved(error: unknown): void {
    this.#log.warn({ reason: reasonOf(error) }, "images could not be removed from the cache");
  }

  /** Lists of items take memory: those that were used last are kept. */
  #unload(): void {
    const loaded = [...this.#current.values()].filter((entry) => entry.loaded);
    for (const entry of loaded.slice(0, -LOADED)) entry.unload();
  }

  /** To who asks now. */
  #mayBeGiven(entry: Entry<Facts>): boolean {
    return entry.growing || !this.#isOld(entry);
  }

  /** A clock that was set back must not make anything last longer than twice its time. */
  #isOld({ createdAt }: Entry<Facts>): boolean {
    return Math.abs(this.#now() - createdAt) > this.#options.maximumAgeMs;
  }

  async #sweep(): Promise<void> {
    const old = [...this.#current.values()].filter((one) => one.complete && one.readers === 0 && this.#isOld(one));
    for (const entry of old) await this.#drop(entry);
  }
}

function nameOf({ key, group }: EntryId): string {
  return JSON.stringify([group, key]);
}
