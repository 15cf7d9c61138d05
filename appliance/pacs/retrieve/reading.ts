/** The data of one instance, which can be broken off from outside while its reader waits for more. */
export class Reading implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #onPiece: () => void;
  #broken: Error | undefined;
  #whole = false;
  #reject: ((reason: Error) => void) | undefined;

  /** `onPiece` is told of every piece that comes. */
  constructor(source: AsyncIterable<Uint8Array>, onPiece: () => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#onPiece = onPiece;
  }

  /** Why the rest did not come. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  break(reason: Error): void {
    if (this.#whole) return;
    this.#broken ??= reason;
    this.#reject?.(this.#broken);
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#whole) return { done: true, value: undefined };
    const { promise, resolve, reject } = Promise.withResolvers<IteratorResult<Uint8Array>>();
    this.#reject = reject;
    this.#source.next().then(resolve, reject);
    try {
      const { done, value } = await promise;
      this.#onPiece();
      if (done !== true) return { value };
      this.#whole = true;
      return { done, value: undefined };
    } catch (error) {
      this.#broken ??= error as Error;
      throw error;
    }
  }

  /** The reader leaves early. A source that is broken off may never answer: its owner ends it. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#whole && this.#broken === undefined) await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
