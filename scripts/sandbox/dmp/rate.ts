/** How many requests a second the stand-in takes, and how many came: the judge of a sender that promises restraint. */
import type { Fault } from "./faults.ts";

/** Beyond so many requests in any second it is busy, by HTTP or by a registry error. */
export interface RateLimit {
  readonly maxPerSecond: number;
  readonly answer: "http503" | "registryError";
}

const WINDOW_MS = 1000;
const RETRY_AFTER_SECONDS = 1;

/** Counts what is turned away too: who insists stays out until a second has been quieter. */
export class Rate {
  limit: RateLimit | undefined;
  readonly #initial: RateLimit | undefined;
  #times: number[] = [];
  #busiestSecond = 0;
  #turnedAway = 0;

  constructor(maxPerSecond: number | undefined) {
    this.#initial = maxPerSecond === undefined ? undefined : { maxPerSecond, answer: "http503" };
    this.limit = this.#initial;
  }

  /** The most requests that came within one second. */
  get busiestSecond(): number {
    return this.#busiestSecond;
  }

  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Counts a request at `now`, monotonic milliseconds; what it meets when there are too many. */
  take(now: number, service: "repository" | "registry"): Fault | undefined {
    this.#times = this.#times.filter((time) => time > now - WINDOW_MS);
    this.#times.push(now);
    this.#busiestSecond = Math.max(this.#busiestSecond, this.#times.length);
    if (this.limit === undefined || this.#times.length <= this.limit.maxPerSecond) return undefined;
    this.#turnedAway++;
    return this.limit.answer === "http503"
      ? { kind: "http503", retryAfterSeconds: RETRY_AFTER_SECONDS }
      : { kind: "registryError", code: service === "registry" ? "XDSRegistryBusy" : "XDSRepositoryBusy" };
  }

  /** Forgets what came, and goes back to the limit of the policy. */
  reset(): void {
    this.limit = this.#initial;
    this.#times = [];
    this.#busiestSecond = 0;
    this.#turnedAway = 0;
  }
}
