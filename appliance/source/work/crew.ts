import type { Destination } from "./destination.ts";
import type { Gate } from "./stage.ts";

/**
 * Workers on exams that may each concern several destinations: they rest while no destination may be tried, and are as few
 * as the most patient one allows. What each destination answers is told to it where it is called.
 */
export class Crew implements Gate {
  readonly #limit: number;
  readonly #destinations: readonly Destination[];
  #running = 0;

  constructor(limit: number, destinations: readonly Destination[]) {
    this.#limit = limit;
    this.#destinations = destinations;
  }

  get room(): number {
    const allowed = Math.max(0, ...this.#destinations.map((destination) => destination.allowed));
    return Math.max(0, Math.min(this.#limit, allowed) - this.#running);
  }

  get opensAgainIn(): number | undefined {
    const waits = this.#destinations.map((destination) => destination.opensAgainIn);
    if (waits.includes(undefined)) return undefined;
    return Math.min(...waits.map((wait) => wait ?? 0));
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }
}
