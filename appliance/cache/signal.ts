/** Something that others wait for: each change wakes all of them. */
export class Changes {
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Settles at the next change. */
  next(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  tell(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}
