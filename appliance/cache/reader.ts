import type { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { Item } from "./item.ts";
import type { CachedItem, EntryReader, Range } from "./model.ts";
import type { Changes } from "./signal.ts";

/** An entry, as its readers see it. */
export interface Readable<Facts> {
  /** Its items so far, in the order they began; the list grows. */
  items(): Promise<readonly Item<Facts>[]>;
  named(name: string): Item<Facts> | undefined;
  readonly changes: Changes;
  readonly complete: boolean;
  /** Why nothing of it may be read any more. */
  readonly over: CodedError | undefined;
  /** True when no item comes any more; throws when that is because something failed. */
  ends(): boolean;
  /** Wakes who waits for it or for one of its items. */
  tell(): void;
}

/** One who reads an entry, until he leaves or is not wanted any more. */
export class Reader<Facts> implements EntryReader<Facts> {
  readonly #entry: Readable<Facts>;
  readonly #signal: AbortSignal | undefined;
  readonly #leaves: () => Promise<void>;
  #leaving: Promise<void> | undefined;

  /** `leaves` is called once. */
  constructor(entry: Readable<Facts>, signal: AbortSignal | undefined, leaves: () => Promise<void>) {
    this.#entry = entry;
    this.#signal = signal;
    this.#leaves = leaves;
    signal?.addEventListener("abort", this.#aborted, { once: true });
  }

  get complete(): boolean {
    return this.#entry.complete;
  }

  async *items(): AsyncGenerator<CachedItem<Facts>> {
    this.#check();
    const items = await this.#entry.items();
    for (let next = 0; ; ) {
      this.#check();
      const item = items[next];
      if (item !== undefined) {
        next += 1;
        if (item.state !== "aborted") yield this.#view(item);
        continue;
      }
      if (this.#entry.ends()) return;
      await this.#entry.changes.next();
    }
  }

  async find(name: string): Promise<CachedItem<Facts> | undefined> {
    this.#check();
    await this.#entry.items();
    for (;;) {
      this.#check();
      const item = this.#entry.named(name);
      if (item !== undefined && item.state !== "aborted") return this.#view(item);
      if (this.#entry.ends()) return undefined;
      await this.#entry.changes.next();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }

  /** An event has nobody who would be told. */
  readonly #aborted = (): void => void this.#leave().catch(() => {});

  readonly #leave = (): Promise<void> => {
    if (this.#leaving === undefined) {
      this.#signal?.removeEventListener("abort", this.#aborted);
      this.#leaving = this.#leaves();
      this.#entry.tell();
    }
    return this.#leaving;
  };

  /** Throws why this reader may not read any more. */
  readonly #check = (): void => {
    this.#signal?.throwIfAborted();
    if (this.#entry.over !== undefined) throw this.#entry.over;
    if (this.#leaving !== undefined) throw fault("CACHE_INTERRUPTED");
  };

  #view(item: Item<Facts>): CachedItem<Facts> {
    const check = this.#check;
    return {
      name: item.name,
      facts: item.facts,
      get size() {
        return item.size;
      },
      whole: () => item.whole(check),
      read: (range: Range = {}) => item.read(range, check),
    };
  }
}
