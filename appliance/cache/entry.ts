import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import { Item, type Surroundings } from "./item.ts";
import type { CachedItem, EntryReader, EntryWriter, Fill, Note } from "./model.ts";
import { Changes } from "./signal.ts";

/** Written last: an entry without it is not complete. */
export const HEADER_FILE = "entry.json";
const ITEMS_FILE = "items.json";

/** What is known of a complete entry without looking at its items. */
export interface EntryHeader {
  readonly key: string;
  readonly group: string;
  readonly note?: Note;
  readonly bytes: number;
}

interface KeptItem<Facts> {
  readonly name: string;
  readonly facts: Facts;
  readonly file: string;
  readonly size: number;
}

/** What the cache does for its entries. */
export interface Shelf {
  /** Frees what is not read, until all fits; throws CACHE_FULL when it cannot. */
  fit(): Promise<void>;
  evict(): Promise<boolean>;
  /** The entry is no more: its place is free. */
  gone(entry: object): void;
}

/** A folder of items: growing, complete, or over. */
export class Entry<Facts> implements Surroundings {
  readonly key: string;
  readonly group: string;
  readonly folder: string;
  readonly createdAt: number;
  readonly #shelf: Shelf;
  readonly #changes = new Changes();
  readonly #cancelled = new AbortController();
  /** Undefined while they are on disk only. */
  #items: Item<Facts>[] | undefined;
  #byName = new Map<string, Item<Facts>>();
  #note: Note | undefined;
  #readers = 0;
  #bytes = 0;
  #state: "growing" | "complete" | "failed" = "growing";
  #failure: unknown;
  #over: CodedError | undefined;
  #filling: Promise<void> = Promise.resolve();

  private constructor(shelf: Shelf, facts: { key: string; group: string; folder: string; createdAt: number }) {
    this.#shelf = shelf;
    this.key = facts.key;
    this.group = facts.group;
    this.folder = facts.folder;
    this.createdAt = facts.createdAt;
  }

  /** One that was complete when the box was stopped. */
  static kept<Facts>(shelf: Shelf, folder: string, header: EntryHeader, createdAt: number): Entry<Facts> {
    const entry = new Entry<Facts>(shelf, { ...header, folder, createdAt });
    entry.#state = "complete";
    entry.#bytes = header.bytes;
    entry.#note = header.note;
    return entry;
  }

  /** One that begins to be filled. */
  static filled<Facts>(shelf: Shelf, root: string, of: { key: string; group: string; now: number }, fill: Fill<Facts>) {
    const folder = join(root, randomBytes(16).toString("hex"));
    const entry = new Entry<Facts>(shelf, { key: of.key, group: of.group, folder, createdAt: of.now });
    entry.#items = [];
    entry.#filling = entry.#fill(fill);
    return entry;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get note(): Note | undefined {
    return this.#note;
  }

  get complete(): boolean {
    return this.#state === "complete" && this.#over === undefined;
  }

  get isRead(): boolean {
    return this.#readers > 0 || this.#state === "growing";
  }

  get over(): CodedError | undefined {
    return this.#over;
  }

  async reserve(bytes: number): Promise<void> {
    // Taken before it is made: two that ask at once must not take the same place.
    this.#bytes += bytes;
    try {
      await this.#shelf.fit();
    } catch (error) {
      this.#bytes -= bytes;
      throw error;
    }
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  evict(): Promise<boolean> {
    return this.#shelf.evict();
  }

  spoilt(reason: CodedError): void {
    void this.end(reason);
  }

  /** True when its items are in memory. */
  get loaded(): boolean {
    return this.#items !== undefined;
  }

  /** Forgets what is on disk. */
  unload(): void {
    if (this.isRead) return;
    this.#items = undefined;
    this.#byName.clear();
  }

  read(signal: AbortSignal | undefined): EntryReader<Facts> {
    this.#readers += 1;
    let left = false;
    const leave = async () => {
      if (left) return;
      left = true;
      signal?.removeEventListener("abort", wake);
      this.#readers -= 1;
      await this.#left();
    };
    // Who waits for an item must see that he is not wanted any more.
    const wake = () => this.#tell();
    signal?.addEventListener("abort", wake, { once: true });
    return {
      items: () => this.#walk(signal),
      find: (name) => this.#find(name, signal),
      [Symbol.asyncDispose]: leave,
    };
  }

  /** Ends it for everybody and removes it. */
  async end(reason: CodedError): Promise<void> {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#cancelled.abort(reason);
    this.#shelf.gone(this);
    this.#tell();
    await this.#filling;
    await rm(this.folder, { recursive: true, force: true });
  }

  #tell(): void {
    this.#changes.tell();
    for (const item of this.#items ?? []) item.tell();
  }

  /** What a reader leaves behind: nothing that nobody waits for. */
  async #left(): Promise<void> {
    if (this.#readers === 0 && this.#state !== "complete") await this.end(fault("CACHE_INTERRUPTED"));
  }

  async #find(name: string, signal: AbortSignal | undefined): Promise<CachedItem<Facts> | undefined> {
    this.#items ??= await this.#load();
    for (;;) {
      const item = this.#byName.get(name);
      if (this.#over === undefined && item !== undefined && item.state !== "aborted") return item;
      if (this.#ends(signal)) return undefined;
      await this.#changes.next();
    }
  }

  /** True when no item comes any more; throws when that is because something failed. */
  #ends(signal: AbortSignal | undefined): boolean {
    signal?.throwIfAborted();
    if (this.#over !== undefined) throw this.#over;
    if (this.#state === "failed") throw this.#failure;
    return this.#state === "complete";
  }

  async *#walk(signal: AbortSignal | undefined): AsyncGenerator<CachedItem<Facts>> {
    this.#items ??= await this.#load();
    for (let next = 0; ; ) {
      signal?.throwIfAborted();
      if (this.#over !== undefined) throw this.#over;
      const item = this.#items?.[next];
      if (item !== undefined) {
        next += 1;
        if (item.state !== "aborted") yield item;
        continue;
      }
      if (this.#ends(signal)) return;
      await this.#changes.next();
    }
  }

  async #fill(fill: Fill<Facts>): Promise<void> {
    try {
      await mkdir(this.folder, { mode: 0o700 });
      const writer: EntryWriter<Facts> = {
        note: (note) => {
          this.#note = note;
        },
        add: (name, facts) => this.#add(name, facts),
      };
      await fill(writer, this.#cancelled.signal);
      if (this.#over === undefined) await this.#keep();
    } catch (error) {
      this.#failure = this.#over ?? error;
      this.#state = "failed";
      // Whoever asks now begins anew; those who read get what is whole.
      this.#shelf.gone(this);
    }
    for (const item of this.#items ?? []) if (item.state === "growing") await item.abort(this.#failure);
    this.#changes.tell();
    if (this.#readers === 0 && this.#state === "failed") await rm(this.folder, { recursive: true, force: true });
  }

  async #add(name: string, facts: Facts): Promise<Item<Facts>> {
    if (this.#over !== undefined) throw this.#over;
    const items = this.#items as Item<Facts>[];
    const former = this.#byName.get(name);
    if (former !== undefined && former.state !== "aborted") throw new TypeError("an item that is there already");
    const item = new Item(name, facts, join(this.folder, String(items.length)), this);
    items.push(item);
    this.#byName.set(name, item);
    try {
      await item.create();
    } catch (error) {
      await item.abort(error);
      throw error;
    }
    this.#changes.tell();
    return item;
  }

  /** From now on it survives a restart. */
  async #keep(): Promise<void> {
    const items = (this.#items as Item<Facts>[]).filter(({ state }) => state !== "aborted");
    if (items.some(({ state }) => state === "growing")) throw new TypeError("an item was not ended");
    const kept = items.map(({ name, facts, file, size }): KeptItem<Facts> => {
      return { name, facts, file: file.slice(this.folder.length + 1), size };
    });
    const { key, group } = this;
    const header: EntryHeader = {
      key,
      group,
      bytes: this.#bytes,
      ...(this.#note !== undefined && { note: this.#note }),
    };
    await writeFile(join(this.folder, ITEMS_FILE), JSON.stringify(kept), { mode: 0o600 });
    const unfinished = join(this.folder, `${HEADER_FILE}.new`);
    await writeFile(unfinished, JSON.stringify(header), { mode: 0o600 });
    await rename(unfinished, join(this.folder, HEADER_FILE));
    this.#state = "complete";
  }

  async #load(): Promise<Item<Facts>[]> {
    try {
      const text = await readFile(join(this.folder, ITEMS_FILE), "utf8");
      const kept = JSON.parse(text) as KeptItem<Facts>[];
      const items = kept.map((one) => new Item(one.name, one.facts, join(this.folder, one.file), this, one.size));
      this.#byName = new Map(items.map((item) => [item.name, item]));
      return items;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? "JSON";
      const unreadable = this.#over ?? fault("CACHE_UNREADABLE", { details: { reason }, cause: error });
      this.spoilt(unreadable);
      throw unreadable;
    }
  }
}
