import { fault } from "./errors.ts";

const CRLF = Buffer.from("\r\n");
const CR = 0x0d;
/** Bytes of a piece that are copied to stand behind what is kept of the piece before: more than any delimiter. */
const SEAM = 4 * 1024;
/** What is between a boundary and the end of its line: blanks that a transport has added. */
const LONGEST_PADDING = 256;
/** Bytes behind the last boundary that are read; for more, a connection is not worth keeping. */
const LARGEST_EPILOGUE = 64 * 1024;

/**
 * A stream that delimiters cut (RFC 2046 5.1.1): CR LF, two hyphens, the boundary. It holds one piece of the stream and gives
 * views of it: each byte is searched once, and only at the seam of two pieces are some copied. Every function throws
 * DICOMWEB_MULTIPART_TRUNCATED when the stream ends before what it looks for.
 */
export class DelimitedSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #delimiter: Buffer;
  /** What is looked at. The first delimiter may have nothing before it: then this is its line end. */
  #buffer: Buffer = CRLF;
  /** What has come behind that. */
  #coming: Buffer = Buffer.alloc(0);
  /** Before a delimiter; false behind it. */
  #inContent = true;

  /** `boundary`: printable, and thus without a line end. */
  constructor(body: AsyncIterable<Uint8Array>, boundary: string) {
    this.#pieces = body[Symbol.asyncIterator]();
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  /** The next bytes before the delimiter; undefined behind it. */
  async piece(): Promise<Buffer | undefined> {
    const { length } = this.#delimiter;
    while (this.#inContent) {
      const at = this.#buffer.indexOf(this.#delimiter);
      const sure = at === -1 ? this.#buffer.length - this.#begun() : at;
      if (sure > 0) return this.#take(sure);
      if (at === -1 || this.#buffer.length < length + 2) {
        await this.#more();
      } else if (/^(--|\r\n|[ \t])/.test(this.#buffer.toString("latin1", length, length + 2))) {
        this.#take(length);
        this.#inContent = false;
      } else {
        // A line that begins like the delimiter and goes on otherwise.
        return this.#take(CRLF.length);
      }
    }
    return undefined;
  }

  /** Passes over the rest before the delimiter. */
  async skip(): Promise<void> {
    while ((await this.piece()) !== undefined);
  }

  /** Behind a delimiter: whether it is not the last. */
  async another(): Promise<boolean> {
    if (this.#buffer.toString("latin1", 0, 2) === "--") return false;
    const padding = await this.line(LONGEST_PADDING);
    if (padding.trim() !== "") throw fault("DICOMWEB_MULTIPART_INVALID", { details: { problem: "boundary" } });
    return true;
  }

  /** A line without its end; of more than `longest` bytes DICOMWEB_MULTIPART_INVALID. */
  async line(longest: number): Promise<string> {
    for (let from = 0; ; ) {
      const end = this.#buffer.indexOf(CRLF, from);
      const least = end === -1 ? this.#buffer.length - 1 : end;
      if (least > longest) throw fault("DICOMWEB_MULTIPART_INVALID", { details: { problem: "headers" } });
      if (end !== -1) return this.#take(end + CRLF.length).toString("latin1", 0, end);
      from = Math.max(0, least);
      await this.#more();
    }
  }

  /** From here on it is content. */
  async enter(): Promise<void> {
    const { length } = this.#delimiter;
    while (this.#buffer.length < length) await this.#more();
    // Not even empty content: what ended the headers is the line end of the delimiter.
    const none = this.#buffer.indexOf(this.#delimiter.subarray(CRLF.length), 0) === 0;
    if (none) this.#buffer = Buffer.concat([CRLF, this.#buffer]);
    this.#inContent = true;
  }

  /** What is behind the last boundary belongs to nobody; it is read so that the connection can be used again. */
  async finish(): Promise<void> {
    try {
      for (let left = LARGEST_EPILOGUE; left > 0; ) {
        const { done, value } = await this.#pieces.next();
        if (done === true) return;
        left -= value.length + 1;
      }
    } catch {
      // All that was meant has come.
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  /** Bytes at the end that may be the beginning of a delimiter: its CR is the only one in it. */
  #begun(): number {
    const tail = this.#buffer.subarray(-this.#delimiter.length + 1);
    const at = tail.lastIndexOf(CR);
    const begun = at === -1 ? tail.subarray(tail.length) : tail.subarray(at);
    return begun.equals(this.#delimiter.subarray(0, begun.length)) ? begun.length : 0;
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    if (this.#coming.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) throw fault("DICOMWEB_MULTIPART_TRUNCATED");
      this.#coming = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    const length = this.#buffer.length === 0 ? this.#coming.length : SEAM;
    const next = this.#coming.subarray(0, length);
    this.#coming = this.#coming.subarray(length);
    this.#buffer = this.#buffer.length === 0 ? next : Buffer.concat([this.#buffer, next]);
  }
}
