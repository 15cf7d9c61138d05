import { asTransferSyntax } from "./codec.ts";
import type { DataSet } from "./data-set.ts";
import { inflateStream } from "./deflate.ts";
import type { Source } from "./element.ts";
import { type DicomLimits, dicomLimits } from "./limits.ts";
import { type Part10Header, readPart10Header } from "./part10.ts";
import { DataSetReader } from "./reader.ts";
import type { Tag } from "./tags.ts";
import { ExplicitVRLittleEndian, type TransferSyntax } from "./transfer-syntax.ts";

/** The pixel data group, extended offset table included: from here on an object is as large as its images. */
const PIXEL_DATA_GROUP: Tag = 0x7fe00000;

export interface HeaderOptions {
  /** The first tag that is not wanted in memory; the pixel data group when absent. */
  readonly untilTag?: Tag;
  readonly limits?: Partial<DicomLimits>;
}

/** An object whose first elements are in memory and whose rest still flows. */
export interface StreamedDataSet {
  /** The elements before the tag asked for. Unchanged, `encodeDataSet` gives their bytes exactly as received. */
  readonly dataSet: DataSet;
  /** Of `dataSet` and `rest`: Explicit VR Little Endian for what came deflated. */
  readonly transferSyntax: TransferSyntax;
  /** Every byte that follows, to be read once: the source waits for its reader. Whoever does not read to its end returns it. */
  readonly rest: AsyncGenerator<Uint8Array>;
}

export interface StreamedFile extends StreamedDataSet {
  readonly preamble: Uint8Array;
  readonly meta: DataSet;
}

/**
 * Reads the elements before the pixel data from a stream, with at most `limits.headerBytes` and one chunk in memory.
 * Throws a coded error as soon as the bytes are wrong or claim too much, and then closes the source.
 */
export async function readHeader(
  source: AsyncIterable<Uint8Array>,
  transferSyntax: TransferSyntax | string,
  { untilTag = PIXEL_DATA_GROUP, limits }: HeaderOptions = {},
): Promise<StreamedDataSet> {
  const syntax = asTransferSyntax(transferSyntax);
  const bounds = { ...dicomLimits, ...limits };
  const prefix = new Prefix(syntax.deflated ? inflateStream(source, bounds) : source);
  const stop = { tag: untilTag, ceiling: bounds.headerBytes };
  const reader = new DataSetReader(prefix.source, 0, syntax, bounds, stop);
  await prefix.fill((length, complete) => reader.read(length, complete) || undefined);
  const handedOn = syntax.deflated ? ExplicitVRLittleEndian : syntax;
  return { dataSet: reader.root, transferSyntax: handedOn, rest: await prefix.rest(reader.position) };
}

/** The same for a file (PS3.10): its preamble and meta information, then as `readHeader`. */
export async function readFileHeader(
  source: AsyncIterable<Uint8Array>,
  options: HeaderOptions = {},
): Promise<StreamedFile> {
  const bounds = { ...dicomLimits, ...options.limits };
  const prefix = new Prefix(source);
  const { preamble, meta, transferSyntax, dataSetOffset } = await prefix.fill<Part10Header>((length, complete) =>
    readPart10Header(prefix.source.bytes.subarray(0, length), complete, bounds),
  );
  const streamed = await readHeader(await prefix.rest(dataSetOffset), transferSyntax, options);
  return { preamble, meta, ...streamed };
}

/** The first bytes of a stream, as many as a reader turns out to need. */
class Prefix {
  readonly source: Source = { bytes: Buffer.alloc(0) };
  #length = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** Adds chunk after chunk until `attempt` gives a result. `attempt` throws when the stream ends too early. */
  async fill<Result>(attempt: (length: number, complete: boolean) => Result | undefined): Promise<Result> {
    try {
      for (;;) {
        const { done, value } = await this.#chunks.next();
        if (!done) this.#append(value);
        const result = attempt(this.#length, done === true);
        if (result !== undefined) return result;
      }
    } catch (error) {
      await this.#chunks.return?.();
      throw error;
    }
  }

  /** The rest, begun: a generator that was never begun closes nothing when it is returned. */
  async rest(from: number): Promise<AsyncGenerator<Uint8Array>> {
    const rest = this.#rest(from);
    await rest.next();
    return rest;
  }

  async *#rest(from: number): AsyncGenerator<Uint8Array> {
    try {
      yield this.source.bytes.subarray(0, 0);
      if (from < this.#length) yield this.source.bytes.subarray(from, this.#length);
      for (;;) {
        const { done, value } = await this.#chunks.next();
        if (done) return;
        yield value;
      }
    } finally {
      await this.#chunks.return?.();
    }
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length;
    if (needed > this.source.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.source.bytes.length * 2));
      larger.set(this.source.bytes.subarray(0, this.#length));
      this.source.bytes = larger;
    }
    this.source.bytes.set(chunk, this.#length);
    this.#length = needed;
  }
}
