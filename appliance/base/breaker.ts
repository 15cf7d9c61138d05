export type BreakerState = "closed" | "open" | "half-open";

/**
 * The circuit breaker, as a table. `closed`: questions flow. `open`: the other side is left alone until it has cooled.
 * `half-open`: one question goes first, to see.
 */
export const breakerStates: Readonly<
  Record<BreakerState, Readonly<Partial<Record<"succeeded" | "failed-enough" | "cooled", BreakerState>>>>
> = {
  closed: { "failed-enough": "open" },
  open: { cooled: "half-open", succeeded: "closed" },
  "half-open": { succeeded: "closed", "failed-enough": "open" },
};

/** Failures in a row after which the other side is left alone. */
const FAILURES_TO_OPEN = 3;

export interface BreakerOptions {
  /** Milliseconds that only go forward: the time of day may be set back. */
  readonly now: () => number;
  /** Milliseconds to leave the other side alone, by how often it was left alone in a row before (0 the first time). */
  readonly cooling: (openings: number) => number;
}

/** Remembers whether an outside system is worth asking. Whoever asks says what came of it. */
export class Breaker {
  readonly #options: BreakerOptions;
  #state: BreakerState = "closed";
  #failures = 0;
  #openings = 0;
  #opensAgainAt = 0;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    if (this.#state === "open" && this.#options.now() >= this.#opensAgainAt) this.#move("cooled");
    return this.#state;
  }

  /** Milliseconds until the next question may go; 0 when it may go now. */
  get opensAgainIn(): number {
    return this.state === "open" ? this.#opensAgainAt - this.#options.now() : 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openings = 0;
    this.#move("succeeded");
  }

  /** Says whether this failure opened the breaker. */
  failed(): boolean {
    this.#failures += 1;
    if (this.#state === "open") return false;
    if (this.#state === "closed" && this.#failures < FAILURES_TO_OPEN) return false;
    this.#opensAgainAt = this.#options.now() + this.#options.cooling(this.#openings);
    this.#openings += 1;
    this.#move("failed-enough");
    return true;
  }

  #move(event: "succeeded" | "failed-enough" | "cooled"): void {
    this.#state = breakerStates[this.#state][event] ?? this.#state;
  }
}
