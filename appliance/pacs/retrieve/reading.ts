import type { CodedError } from "../../base/index.ts";

/** The data of one instance, which can be broken off from outside while its reader waits for more. */
export class Reading implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #onPiece: () => void;
  readonly #explain: (error: unknown) => CodedError;
  #broken: CodedError | undefined;
  #whole = false;
  #reject: ((reason: Error) => void) | undefined;

  /** `onPiece` is told of every piece that comes; `explain` says what it means that the rest does not. */
  constructor(source: AsyncIterable<Uint8Array>, onPiece: () => void, explain: (error: unknown) => CodedError) {
    this.#source = source[Symbol.asyncIterator]();
    this.#onPiece = onPiece;
    this.#explain = explain;
  }

  /** Why the rest did not come. */
  get broken(): CodedError | undefined {
    return this.#broken;
  }

  break(reason: CodedError): void {
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
      this.#broken ??= this.#explain(error);
      throw this.#broken;
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
