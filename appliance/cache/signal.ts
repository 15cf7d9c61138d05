/** Something that others wait for: each change wakes all of them. */
export class Changes {
  #waiting = Promise.withResolvers<void>();

  /** Settles at the next change. */
  next(): Promise<void> {
    return this.#waiting.promise;
  }

  tell(): void {
    const { resolve } = this.#waiting;
    this.#waiting = Promise.withResolvers<void>();
    resolve();
  }
}
