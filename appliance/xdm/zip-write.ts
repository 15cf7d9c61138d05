import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";

/** Read and written by their owner only, once unpacked. */
const MODE = 0o100600;

/** A zip that is written as a stream, ZIP64 where it grows beyond the old format. */
export class ZipWriter {
  readonly #zip = new ZipFile();
  readonly #date: Date;
  readonly #written: Promise<void>;

  /**
   * `date` is that of every file. A zip holds local time without its zone: the day at noon, local, is the same bytes
   * everywhere.
   */
  constructor(target: Writable, date: { readonly year: number; readonly month: number }, signal?: AbortSignal) {
    this.#date = new Date(date.year, date.month - 1, 1, 12);
    this.#written = pipeline(this.#zip.outputStream, target, signal === undefined ? {} : { signal });
    // Whoever adds a file or ends the zip is told; between the two nobody listens.
    this.#written.catch(() => {});
  }

  /** Resolves when the file has been taken, so that a slow target slows the writer. Rejects as the target fails. */
  async add(name: string, bytes: Uint8Array): Promise<void> {
    // The library keeps what it is given until the zip ends: it is given a stream, and what it read is let go.
    let content: Uint8Array[] = [bytes];
    const taken = new Promise<void>((resolve) => {
      const options = { mtime: this.#date, forceDosTimestamp: true, mode: MODE, size: bytes.length };
      this.#zip.addReadStreamLazy(name, options, (give) => {
        give(null, Readable.from(content).once("end", resolve));
        content = [];
      });
    });
    await Promise.race([taken, this.#written]);
  }

  /** Writes the directory; resolves when the target has everything. */
  end(): Promise<void> {
    this.#zip.end();
    return this.#written;
  }
}
