const FIRST_SIZE = 4096;

/** A buffer that grows, written front to back; lengths are filled in afterwards. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_SIZE);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What has been written (a view of the buffer: the writer is not used any more). */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number, bigEndian: boolean): void {
    this.#reserve(2);
    this.#put16(this.#length, value, bigEndian);
    this.#length += 2;
  }

  u32(value: number, bigEndian: boolean): void {
    this.#reserve(4);
    this.#put32(this.#length, value, bigEndian);
    this.#length += 4;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Writes `text` when all of it is ASCII; otherwise writes nothing and says false. */
  ascii(text: string): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.#length = at;
    return true;
  }

  patch16(at: number, value: number, bigEndian: boolean): void {
    this.#put16(at, value, bigEndian);
  }

  patch32(at: number, value: number, bigEndian: boolean): void {
    this.#put32(at, value, bigEndian);
  }

  /** Opens a gap of `size` bytes at `at`: what follows moves back. */
  insert(at: number, size: number): void {
    this.#reserve(size);
    this.#bytes.copyWithin(at + size, at, this.#length);
    this.#length += size;
  }

  /** Reverses every `width` bytes from `from` to the end: the other endianness. */
  swap(from: number, width: number): void {
    for (let at = from; at + width <= this.#length; at += width) this.#bytes.subarray(at, at + width).reverse();
  }

  #put16(at: number, value: number, bigEndian: boolean): void {
    this.#bytes[bigEndian ? at + 1 : at] = value & 0xff;
    this.#bytes[bigEndian ? at : at + 1] = (value >>> 8) & 0xff;
  }

  #put32(at: number, value: number, bigEndian: boolean): void {
    this.#put16(bigEndian ? at + 2 : at, value & 0xffff, bigEndian);
    this.#put16(bigEndian ? at : at + 2, value >>> 16, bigEndian);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
