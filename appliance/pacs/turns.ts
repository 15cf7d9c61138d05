/** At most so many at the same time, in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Does the work when its turn has come; throws the signal's reason when it is given up before. What is `brief` goes before
   * what waits already: a check must not stand behind a hundred searches.
   */
  async take<Result>(signal: AbortSignal, work: () => Promise<Result>, brief = false): Promise<Result> {
    await this.#turn(signal, brief);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes to the next without becoming free: nobody overtakes.
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #turn(signal: AbortSignal, brief: boolean): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = () => {
      const place = this.#waiting.indexOf(resolve);
      // Its turn may have come in the same moment: then the work itself finds the signal aborted.
      if (place >= 0) this.#waiting.splice(place, 1);
      reject(signal.reason);
    };
    if (brief) this.#waiting.unshift(resolve);
    else this.#waiting.push(resolve);
    signal.addEventListener("abort", leave, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", leave));
  }
}
