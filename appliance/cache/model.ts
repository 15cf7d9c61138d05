/** What is known of an entry beside its items, as JSON. */
export type Note = string | number | boolean | null | readonly Note[] | { readonly [key: string]: Note };

/**
 * Images on disk for a while. An entry is filled once, by one writer, and read by as many as want it, while it is filled and
 * after. `Facts` is what the writer says of each item; it is kept as JSON.
 */
export interface ImageCache<Facts> {
  /**
   * A reader of the entry `key` of `group`. Where there is none, complete or growing, `fill` makes it: its signal is aborted
   * when nobody reads the entry any more, or when the entry is withdrawn. `group` is what entries are withdrawn by. When
   * `signal` is aborted the reader has left. `urgent`: this reader cannot wait; who fills is told.
   */
  open(
    key: string,
    group: string,
    fill: Fill<Facts>,
    options?: { readonly signal?: AbortSignal; readonly urgent?: boolean },
  ): Promise<EntryReader<Facts>>;
  /** The entries of a group that who asks now would get, complete or growing. */
  entriesOf(
    group: string,
  ): readonly { readonly key: string; readonly note: Note | undefined; readonly complete: boolean }[];
  /**
   * Removes the entries of a group. They are gone at once for who asks, and who reads one is told at his next read
   * (CACHE_WITHDRAWN). Once this resolves they do not come back after a restart either, nor after a power cut.
   */
  withdraw(group: string): Promise<void>;
  usage(): { readonly bytes: number; readonly entries: number };
  /** Cuts what is under way; what is complete stays for the next start. */
  close(): Promise<void>;
}

/** Makes an entry. What it throws is what its readers are told, after the items that are whole. */
export type Fill<Facts> = (entry: EntryWriter<Facts>, signal: AbortSignal) => Promise<void>;

export interface EntryWriter<Facts> {
  /** Aborted once somebody reads the entry who cannot wait. */
  readonly urgent: AbortSignal;
  /** Says something of the whole. */
  note(note: Note): void;
  /**
   * Begins an item; several may be written at the same time. A name may come again once its item was aborted; while it was
   * not, that is CACHE_ITEM_TWICE.
   */
  add(name: string, facts: Facts): Promise<ItemWriter>;
}

export interface ItemWriter {
  /**
   * Resolves when there is room for more; from then on the chunk may be used for something else. When it rejects, with
   * CACHE_FULL, CACHE_DISK or the reason why the entry is no more, the item is aborted.
   */
  write(chunk: Uint8Array): Promise<void>;
  /** What was written is all of it. Rejects, and the item is aborted, when it is not. */
  end(): Promise<void>;
  /** What was written is nothing; who reads it is told the reason. Never throws. */
  abort(reason?: unknown): Promise<void>;
}

/** Items are read before their reader has left: what is not read may be removed. */
export interface EntryReader<Facts> extends AsyncDisposable {
  /** The items, as they begin. Ends after the last; throws why there is no more when the entry could not be filled. */
  items(): AsyncGenerator<CachedItem<Facts>>;
  /** The item of that name, once it has begun; undefined when the entry is complete without it. */
  find(name: string): Promise<CachedItem<Facts> | undefined>;
  /** True when no item comes any more. */
  readonly complete: boolean;
}

export interface CachedItem<Facts> {
  readonly name: string;
  readonly facts: Facts;
  /** Its length, when it is whole already. */
  readonly size: number | undefined;
  /** Its length, once it is whole; rejects when it will never be. */
  whole(): Promise<number>;
  /**
   * Its bytes from `start` to before `end`, while they are written. Throws when the item is not brought to its end. Nothing
   * is read before it is asked for.
   */
  read(range?: Range): AsyncGenerator<Buffer>;
}

/** Bytes from `start` to before `end`. */
export interface Range {
  readonly start?: number;
  readonly end?: number;
}
