/** Values kept for a while: bounded, the least recently used goes first. */
export class Memory<Value> {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly value: Value; readonly until: number }>();

  /** @param now Milliseconds that only go forward: a clock set back must not lengthen a life. */
  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  get(key: string): Value | undefined {
    const entry = this.#kept.get(key);
    if (entry === undefined) return undefined;
    this.#kept.delete(key);
    if (this.#now() >= entry.until) return undefined;
    this.#kept.set(key, entry);
    return entry.value;
  }

  /** @param until By the clock of the constructor. */
  keep(key: string, value: Value, until: number): void {
    if (until <= this.#now()) return;
    this.#kept.delete(key);
    this.#kept.set(key, { value, until });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#limit && oldest !== undefined) this.#kept.delete(oldest);
  }

  /** Gives the value for the last time. */
  take(key: string): Value | undefined {
    const value = this.get(key);
    this.#kept.delete(key);
    return value;
  }
}
