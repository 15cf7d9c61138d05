import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CodedError } from "../base/index.ts";
import { diskFault, HEADER_FILE, ITEMS_FILE, isSpoilt, READ_ONLY, reasonOf, removeEntry, withRoom } from "./disk.ts";
import { fault } from "./errors.ts";
import { type EntryHeader, type KeptItem, readKeptItems } from "./index-files.ts";
import { Item, type Surroundings } from "./item.ts";
import { Lane } from "./lane.ts";
import type { EntryWriter, Fill, Note } from "./model.ts";
import type { Readable } from "./reader.ts";
import { Changes } from "./signal.ts";

/** What the cache does for its entries. */
export interface Shelf<Facts> {
  /** Of facts and notes. */
  readonly version: string;
  /** Counts the bytes of an entry, more or (negative) fewer. */
  count(bytes: number): void;
  /** Frees what is not read, until all fits; throws CACHE_FULL when it cannot. */
  fit(): Promise<void>;
  /** Frees what was not used for longest; false when there is nothing. */
  evict(): Promise<boolean>;
  /** The entry could not be filled: whoever asks now begins anew. */
  failed(entry: Entry<Facts>): void;
  /** The entry is of no use. */
  spoilt(entry: Entry<Facts>, reason: CodedError): void;
}

/** A folder of items: growing, complete or failed, until it is over. */
export class Entry<Facts> implements Surroundings, Readable<Facts> {
  readonly id: EntryId;
  readonly folder: string;
  readonly createdAt: number;
  readonly changes = new Changes();
  /** How many read it. */
  readers = 0;
  readonly #shelf: Shelf<Facts>;
  readonly #cancelled = new AbortController();
  readonly #urgent = new AbortController();
  /** Undefined while they are on disk only. */
  #items: Item<Facts>[] | undefined;
  #loading: Promise<Item<Facts>[]> | undefined;
  #byName = new Map<string, Item<Facts>>();
  /** By the number that is the file's name. */
  readonly #lanes = new Map<number, Lane>();
  #note: Note | undefined;
  #bytes = 0;
  #state: "growing" | "complete" | "failed" = "growing";
  #failure: unknown;
  #over: CodedError | undefined;
  #filling: Promise<void> = Promise.resolve();
  /** Whether nothing is written to its files any more. */
  #filled = true;
  #ending: Promise<void> = Promise.resolve();

  private constructor(shelf: Shelf<Facts>, id: EntryId, folder: string, createdAt: number) {
    this.#shelf = shelf;
    this.id = id;
    this.folder = folder;
    this.createdAt = createdAt;
  }

  /** One that was complete when the box was stopped. */
  static kept<Facts>(shelf: Shelf<Facts>, folder: string, header: EntryHeader): Entry<Facts> {
    const { key, group, createdAt, bytes, note } = header;
    const entry = new Entry<Facts>(shelf, { key, group }, folder, createdAt);
    entry.#state = "complete";
    entry.#note = note;
    entry.#count(bytes);
    return entry;
  }

  /** One that begins to be filled. */
  static filled<Facts>(shelf: Shelf<Facts>, root: string, id: EntryId, now: number, fill: Fill<Facts>) {
    const entry = new Entry<Facts>(shelf, id, join(root, randomBytes(16).toString("hex")), now);
    entry.#items = [];
    entry.#filled = false;
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

  get growing(): boolean {
    return this.#state === "growing" && this.#over === undefined;
  }

  get over(): CodedError | undefined {
    return this.#over;
  }

  /** Nobody reads it any more: its files are closed unless it is being filled. */
  async rest(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.rest()));
  }

  /** Somebody reads it who cannot wait. */
  hurry(): void {
    this.#urgent.abort();
  }

  get loaded(): boolean {
    return this.#items !== undefined;
  }

  /** Forgets what is on disk. */
  unload(): void {
    if (!this.complete || this.readers > 0) return;
    this.#items = undefined;
    this.#byName.clear();
  }

  async items(): Promise<readonly Item<Facts>[]> {
    if (this.#items !== undefined) return this.#items;
    this.#loading ??= this.#load();
    try {
      return await this.#loading;
    } finally {
      this.#loading = undefined;
    }
  }

  named(name: string): Item<Facts> | undefined {
    return this.#byName.get(name);
  }

  ends(): boolean {
    if (this.#state === "failed") throw this.#failure;
    return this.#state === "complete";
  }

  tell(): void {
    this.changes.tell();
    for (const item of this.#items ?? []) item.tell();
  }

  /** Ends it for everybody, now, and removes it. */
  end(reason: CodedError): Promise<void> {
    if (this.#over !== undefined) return this.#ending;
    this.#count(-this.#bytes);
    this.#over = reason;
    this.#ending = Promise.resolve().then(() => this.#remove());
    this.#cancelled.abort(reason);
    this.tell();
    return this.#ending;
  }

  check(): void {
    if (this.#over !== undefined) throw this.#over;
  }

  async reserve(bytes: number): Promise<void> {
    // Taken before it is made: two that ask at once must not take the same place.
    this.#count(bytes);
    try {
      await this.#shelf.fit();
    } catch (error) {
      this.#count(-bytes);
      throw error;
    }
  }

  release(bytes: number): void {
    this.#count(-bytes);
  }

  evict(): Promise<boolean> {
    return this.#shelf.evict();
  }

  spoilt(reason: CodedError): void {
    this.#shelf.spoilt(this, reason);
  }

  /** What is over has given back all it had. */
  #count(bytes: number): void {
    if (this.#over !== undefined) return;
    this.#bytes += bytes;
    this.#shelf.count(bytes);
  }

  async #remove(): Promise<void> {
    await this.#filling;
    await this.rest();
    try {
      await removeEntry(this.folder);
    } catch (error) {
      throw diskFault(error);
    }
  }

  async #fill(fill: Fill<Facts>): Promise<void> {
    const { signal } = this.#cancelled;
    const cancelled = Promise.withResolvers<never>();
    const cancel = () => cancelled.reject(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    cancelled.promise.catch(() => {});
    let takes = true;
    const writer: EntryWriter<Facts> = {
      urgent: this.#urgent.signal,
      note: (note) => {
        if (takes) this.#note = note;
      },
      add: async (name, facts) => {
        if (!takes) throw this.#over ?? fault("CACHE_INTERRUPTED");
        return await this.#add(name, facts);
      },
    };
    try {
      await this.#withRoom(() => mkdir(this.folder, { mode: 0o700 }));
      this.check();
      // Who fills may take his time to hear that he is not wanted any more; nobody waits for him.
      await Promise.race([fill(writer, signal), cancelled.promise]);
      takes = false;
      this.check();
      await this.#keep();
    } catch (error) {
      this.#failure = this.#over ?? error ?? fault("CACHE_INTERRUPTED");
      this.#state = "failed";
      // Those who read get what is whole.
      this.#shelf.failed(this);
    }
    takes = false;
    signal.removeEventListener("abort", cancel);
    await Promise.all((this.#items ?? []).map((item) => item.abort(this.#failure)));
    this.#filled = true;
    await this.rest();
    this.changes.tell();
  }

  async #add(name: string, facts: Facts): Promise<Item<Facts>> {
    const items = this.#items as Item<Facts>[];
    const former = this.#byName.get(name);
    if (former !== undefined && former.state !== "aborted") throw fault("CACHE_ITEM_TWICE");
    const lane = this.#freeLane();
    const item = new Item(name, facts, lane, this);
    items.push(item);
    this.#byName.set(name, item);
    await item.create();
    this.changes.tell();
    return item;
  }

  #freeLane(): Lane {
    return this.#lanes.values().find(({ taken }) => !taken) ?? this.#lane(this.#lanes.size);
  }

  #lane(number: number): Lane {
    const known = this.#lanes.get(number);
    if (known !== undefined) return known;
    const isRead = () => this.readers > 0 && this.#over === undefined;
    const lane = new Lane(join(this.folder, String(number)), () => isRead() || !this.#filled);
    this.#lanes.set(number, lane);
    return lane;
  }

  /** From now on it survives a restart. */
  async #keep(): Promise<void> {
    const all = this.#items as Item<Facts>[];
    if (all.some(({ state }) => state === "growing")) throw fault("CACHE_INTERRUPTED");
    const numbers = new Map([...this.#lanes].map(([number, lane]) => [lane, number]));
    const kept = all.flatMap(({ name, facts, lane, start, size }): KeptItem<Facts>[] => {
      const file = numbers.get(lane);
      return size === undefined || file === undefined ? [] : [{ name, facts, file, start, size }];
    });
    const header: EntryHeader = {
      version: this.#shelf.version,
      ...this.id,
      createdAt: this.createdAt,
      bytes: kept.reduce((sum, { size }) => sum + size, 0),
      ...(this.#note !== undefined && { note: this.#note }),
    };
    await this.#withRoom(() => writeFile(join(this.folder, ITEMS_FILE), JSON.stringify(kept), { mode: 0o600 }));
    const unfinished = join(this.folder, `${HEADER_FILE}.new`);
    await this.#withRoom(() => writeFile(unfinished, JSON.stringify(header), { mode: 0o600 }));
    await this.#withRoom(() => rename(unfinished, join(this.folder, HEADER_FILE)));
    this.#state = "complete";
  }

  #withRoom<Result>(work: () => Promise<Result>): Promise<Result> {
    return withRoom(() => this.#shelf.evict(), work);
  }

  async #load(): Promise<Item<Facts>[]> {
    try {
      const text = await readFile(join(this.folder, ITEMS_FILE), { encoding: "utf8", flag: READ_ONLY });
      const kept = readKeptItems<Facts>(text);
      const items = kept.map((one) => {
        return new Item(one.name, one.facts, this.#lane(one.file), this, one);
      });
      this.#items = items;
      this.#byName = new Map(items.map((item) => [item.name, item]));
      return items;
    } catch (error) {
      this.check();
      const unreadable = fault("CACHE_UNREADABLE", { details: { reason: reasonOf(error) }, cause: error });
      if (isSpoilt(error)) this.spoilt(unreadable);
      throw unreadable;
    }
  }
}

/** What an entry is asked for by. */
export interface EntryId {
  readonly key: string;
  readonly group: string;
}
