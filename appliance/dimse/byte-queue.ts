/** Received bytes, as the list of chunks that the socket gave: nothing is joined, and what is taken out is a view. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk already taken. */
  #offset = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  clear(): void {
    this.#chunks = [];
    this.#offset = 0;
    this.#length = 0;
  }

  /** The byte at `index`, which must be below `length`; used within the first bytes only. */
  byteAt(index: number): number {
    let position = this.#offset + index;
    for (const chunk of this.#chunks) {
      if (position < chunk.length) return chunk[position] as number;
      position -= chunk.length;
    }
    throw new RangeError("beyond the received bytes");
  }

  /** Big-endian, as every length of PS3.8. */
  uint32At(index: number): number {
    return (
      this.byteAt(index) * 0x1000000 +
      ((this.byteAt(index + 1) << 16) | (this.byteAt(index + 2) << 8) | this.byteAt(index + 3))
    );
  }

  /** Takes `count` bytes out, as views of the chunks; there must be as many. */
  take(count: number): Buffer[] {
    if (count > this.#length) throw new RangeError("beyond the received bytes");
    const taken: Buffer[] = [];
    let whole = 0;
    let missing = count;
    while (missing > 0) {
      const chunk = this.#chunks[whole] as Buffer;
      const end = Math.min(chunk.length, this.#offset + missing);
      taken.push(chunk.subarray(this.#offset, end));
      missing -= end - this.#offset;
      this.#offset = end;
      if (end === chunk.length) {
        whole += 1;
        this.#offset = 0;
      }
    }
    if (whole > 0) this.#chunks.splice(0, whole);
    this.#length -= count;
    return taken;
  }
}
