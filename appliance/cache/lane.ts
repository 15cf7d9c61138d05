import { closeFile, cutFile, openFile, READ_ONLY } from "./disk.ts";

/**
 * A file of an entry: its items one after the other, one written at a time. Measured, to open and close a file for each image
 * costs more than to write and read it. One descriptor serves all, and is closed when nobody needs it.
 */
export class Lane {
  readonly file: string;
  /** Where the next item begins. */
  end = 0;
  /** Whether an item is being written. */
  taken = false;
  #made = false;
  readonly #needed: () => boolean;
  #descriptor: Promise<number> | undefined;
  #working = 0;

  /** `needed` says whether somebody fills or reads the entry. */
  constructor(file: string, needed: () => boolean) {
    this.file = file;
    this.#needed = needed;
  }

  /** Makes the file: it must not be there, be it a link. */
  async create(): Promise<void> {
    await this.#open("wx+");
    this.#made = true;
  }

  get made(): boolean {
    return this.#made;
  }

  /** Does something with the file's descriptor, which stays open meanwhile. */
  async use<Result>(work: (descriptor: number) => Promise<Result>): Promise<Result> {
    this.#working += 1;
    try {
      return await work(await (this.#descriptor ?? this.#open(READ_ONLY)));
    } finally {
      this.#working -= 1;
      await this.rest();
    }
  }

  /** What was written from `end` on is nothing. */
  async cut(end: number): Promise<void> {
    this.end = end;
    await this.use((descriptor) => cutFile(descriptor, end));
  }

  /** Closes the file if nobody needs it. */
  async rest(): Promise<void> {
    if (this.#working > 0 || this.#needed() || this.#descriptor === undefined) return;
    const descriptor = await this.#descriptor;
    // Meanwhile it may have been closed, or be needed again.
    if (this.#working > 0 || this.#needed() || this.#descriptor === undefined) return;
    this.#descriptor = undefined;
    // The descriptor is gone all the same, and what was written was told of when it was written.
    await closeFile(descriptor).catch(() => {});
  }

  #open(flags: string | number): Promise<number> {
    const opened = openFile(this.file, flags, 0o600);
    this.#descriptor = opened;
    opened.catch(() => {
      this.#descriptor = undefined;
    });
    return opened;
  }
}
