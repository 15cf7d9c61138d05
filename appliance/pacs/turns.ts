/**
 * Who goes first: a check that takes a moment (`brief`), somebody who waits for an image (`now`), what is due (`soon`), what
 * nobody waits for (`background`).
 */
export type Urgency = "brief" | "now" | "soon" | "background";

const ORDER: readonly Urgency[] = ["brief", "now", "soon", "background"];

/** What may not go on beside something else. */
export interface Claim {
  bars(other: Claim): boolean;
}

export interface TurnOptions {
  readonly urgency?: Urgency;
  /** Aborted once somebody waits for it after all: it is then taken as `now`. */
  readonly urgent?: AbortSignal;
  readonly claim?: Claim;
}

interface Turn {
  urgency: Urgency;
  readonly claim: Claim | undefined;
  readonly begin: () => void;
}

/**
 * At most so many at the same time, the most urgent first and among equals in the order in which they came. Nothing passes
 * what waits before it at its cost: who is barred by a claim is passed by those only whom his own claim does not bar.
 */
export class Turns {
  readonly #limit: number;
  readonly #running = new Set<Turn>();
  readonly #waiting: Readonly<Record<Urgency, Set<Turn>>> = {
    brief: new Set(),
    now: new Set(),
    soon: new Set(),
    background: new Set(),
  };

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Does the work when its turn has come; throws the signal's reason when it is given up before. */
  async take<Result>(
    signal: AbortSignal,
    work: () => Promise<Result>,
    { urgency = "soon", urgent, claim }: TurnOptions = {},
  ): Promise<Result> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn: Turn = { urgency: urgent?.aborted === true ? "now" : urgency, claim, begin: resolve };
    const rise = () => {
      if (turn.urgency === "now" || !this.#waiting[turn.urgency].delete(turn)) return;
      turn.urgency = "now";
      this.#waiting.now.add(turn);
      this.#next();
    };
    const leave = () => {
      this.#waiting[turn.urgency].delete(turn);
      reject(signal.reason);
      // It may have been what others were barred by.
      this.#next();
    };
    this.#waiting[turn.urgency].add(turn);
    signal.addEventListener("abort", leave, { once: true });
    urgent?.addEventListener("abort", rise, { once: true });
    this.#next();
    try {
      await promise.finally(() => {
        signal.removeEventListener("abort", leave);
        urgent?.removeEventListener("abort", rise);
      });
      return await work();
    } finally {
      this.#running.delete(turn);
      this.#next();
    }
  }

  #next(): void {
    const barring = [...this.#running].flatMap(({ claim }) => claim ?? []);
    for (const urgency of ORDER) {
      // What nobody waits for leaves the last place to those who come meanwhile.
      const limit = urgency === "background" ? Math.max(1, this.#limit - 1) : this.#limit;
      for (const turn of this.#waiting[urgency]) {
        if (this.#running.size >= limit) return;
        const { claim } = turn;
        if (claim !== undefined && barring.some((other) => other.bars(claim))) {
          barring.push(claim);
          continue;
        }
        if (claim !== undefined) barring.push(claim);
        this.#waiting[urgency].delete(turn);
        this.#running.add(turn);
        turn.begin();
      }
    }
  }
}
