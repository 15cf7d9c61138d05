import { isIPv6 } from "node:net";

interface Bucket {
  /** Requests that may still come now; grows by `perMinute` a minute, up to that. */
  left: number;
  filledAt: number;
}

/** Addresses that are remembered; who comes back after being forgotten begins anew. */
const REMEMBERED = 10_000;
const MINUTE_MS = 60_000;

/** So many requests of one address in a minute. An IPv6 address counts as its network: a subscriber has all of a /64. */
export class Rate {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts one request. Gives the seconds to wait before the next is taken: 0 when this one is. */
  count(address: string): number {
    const network = networkOf(address);
    const now = performance.now();
    const { left, filledAt } = this.#buckets.get(network) ?? { left: this.#perMinute, filledAt: now };
    const filled = Math.min(this.#perMinute, left + ((now - filledAt) * this.#perMinute) / MINUTE_MS);
    this.#buckets.delete(network);
    this.#buckets.set(network, { left: filled < 1 ? filled : filled - 1, filledAt: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > REMEMBERED && oldest !== undefined) this.#buckets.delete(oldest);
    return filled < 1 ? Math.ceil(((1 - filled) * 60) / this.#perMinute) : 0;
  }
}

/** `::ffff:192.0.2.1` is the IPv4 address; of any other IPv6 address, its first four groups. */
function networkOf(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined || !isIPv6(plain)) return mapped ?? plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => "0");
  return [...groups, ...zeros, ...rest].slice(0, 4).join(":");
}
