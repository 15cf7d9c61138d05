/** What is known of an entry beside its items: any JSON. */
export type Note = string | number | boolean | null | readonly Note[] | { readonly [key: string]: Note };

/**
 * Images on disk for a while. An entry is filled once, by one writer, and read by as many as want it, while it is filled and
 * after. `Facts` is what the writer says of each item; it is kept as JSON.
 */
export interface ImageCache<Facts> {
  /**
   * A reader of the entry `key`. Where there is none, complete or growing, `fill` makes it: its signal is aborted when nobody
   * reads the entry any more, or when the entry is withdrawn. `group` is what entries are withdrawn by.
   */
  open(
    key: string,
    group: string,
    fill: Fill<Facts>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<EntryReader<Facts>>;
  /** The complete entries of a group. */
  entriesOf(group: string): readonly { readonly key: string; readonly note: Note | undefined }[];
  /** Removes the entries of a group, now; who reads one is told at his next read (CACHE_WITHDRAWN). */
  withdraw(group: string): Promise<void>;
  usage(): { readonly bytes: number; readonly entries: number };
  /** Cuts what is under way; what is complete stays for the next start. */
  close(): Promise<void>;
}

/** Makes an entry. What it throws is what its readers are told, after the items that are whole. */
export type Fill<Facts> = (entry: EntryWriter<Facts>, signal: AbortSignal) => Promise<void>;

export interface EntryWriter<Facts> {
  /** Says something of the whole. */
  note(note: Note): void;
  /** Begins an item; several may be written at the same time. A name may come again once its item was aborted. */
  add(name: string, facts: Facts): Promise<ItemWriter>;
}

export interface ItemWriter {
  /** Resolves when there is room for more. Rejects with CACHE_FULL, or the reason why the entry is no more. */
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** What was written is nothing; who reads it is told the reason. Never throws. */
  abort(reason?: unknown): Promise<void>;
}

export interface EntryReader<Facts> extends AsyncDisposable {
  /** The items, as they begin. Ends after the last; throws why there is no more when the entry could not be filled. */
  items(): AsyncGenerator<CachedItem<Facts>>;
  /** The item of that name, once it has begun; undefined when the entry is complete without it. */
  find(name: string): Promise<CachedItem<Facts> | undefined>;
}

export interface CachedItem<Facts> {
  readonly name: string;
  readonly facts: Facts;
  /** Its length, once it is whole; rejects when it will never be. */
  whole(): Promise<number>;
  /** Its bytes from `start` to before `end`, while they are written. Throws when the item is not brought to its end. */
  read(range?: { readonly start?: number; readonly end?: number }): AsyncGenerator<Buffer>;
}
