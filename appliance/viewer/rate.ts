import { subscriberOf } from "../base/index.ts";

interface Bucket {
  /** Requests that may still come now; grows by `perMinute` a minute, up to that. */
  left: number;
  filledAt: number;
}

/** Addresses that are remembered; who comes back after being forgotten begins anew. */
const REMEMBERED = 10_000;
const MINUTE_MS = 60_000;

/** So many requests of one subscriber in a minute. */
export class Rate {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts one request. Gives the seconds to wait before the next is taken: 0 when this one is. */
  count(address: string): number {
    const subscriber = subscriberOf(address);
    const now = performance.now();
    const filled = this.#filled(subscriber, now);
    this.#buckets.delete(subscriber);
    this.#buckets.set(subscriber, { left: filled < 1 ? filled : filled - 1, filledAt: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > REMEMBERED && oldest !== undefined) this.#buckets.delete(oldest);
    return this.#wait(filled);
  }

  /** The seconds to wait before a request is taken; counts none. */
  wait(address: string): number {
    return this.#wait(this.#filled(subscriberOf(address), performance.now()));
  }

  #filled(subscriber: string, now: number): number {
    const { left, filledAt } = this.#buckets.get(subscriber) ?? { left: this.#perMinute, filledAt: now };
    return Math.min(this.#perMinute, left + ((now - filledAt) * this.#perMinute) / MINUTE_MS);
  }

  #wait(filled: number): number {
    return filled < 1 ? Math.ceil(((1 - filled) * 60) / this.#perMinute) : 0;
  }
}
