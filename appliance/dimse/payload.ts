import type { CodedError } from "../base/index.ts";

/** What a fragment costs in memory besides its bytes, so that a million tiny ones are not free. */
const PIECE_OVERHEAD = 128;

/**
 * The data set of a message while it arrives: an asynchronous iterable of its fragments in order, read once. It ends
 * normally only at the last fragment; anything else - abort, lost connection, timeout - throws. What nobody reads stays
 * within the bound that `held` keeps by pausing the socket.
 */
export class Payload implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #held: (bytes: number) => void;
  #pieces: Uint8Array[] = [];
  #next = 0;
  #ended = false;
  #discarding = false;
  #error: CodedError | undefined;
  #wake: (() => void) | undefined;

  /** `held` is told by how many bytes the waiting data grows (positive) or shrinks (negative). */
  constructor(held: (bytes: number) => void) {
    this.#held = held;
  }

  /** True once the last fragment has arrived, read or not. */
  get complete(): boolean {
    return this.#ended;
  }

  push(piece: Uint8Array): void {
    if (this.#discarding || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#held(piece.length + PIECE_OVERHEAD);
    this.#signal();
  }

  end(): void {
    this.#ended = true;
    this.#signal();
  }

  /** No more will come. What has arrived cannot be a whole data set: it is dropped. */
  fail(error: CodedError): void {
    if (this.#ended) return;
    this.#error = error;
    this.#drop();
    this.#signal();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const piece = this.#pieces[this.#next];
      if (piece !== undefined) return { done: false, value: this.#shift(piece) };
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The reader leaves early: the rest is received and dropped, so that the association stays usable. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#discarding = true;
    this.#drop();
    return { done: true, value: undefined };
  }

  /** Drops the rest and waits for its end. */
  async discard(): Promise<void> {
    await this.return();
    await this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #shift(piece: Uint8Array): Uint8Array {
    this.#next += 1;
    if (this.#next === this.#pieces.length) {
      this.#pieces = [];
      this.#next = 0;
    }
    this.#held(-(piece.length + PIECE_OVERHEAD));
    return piece;
  }

  #drop(): void {
    const left = this.#pieces.slice(this.#next);
    this.#pieces = [];
    this.#next = 0;
    for (const piece of left) this.#held(-(piece.length + PIECE_OVERHEAD));
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
