import { setTimeout as sleep } from "node:timers/promises";
import { Breaker, type BreakerState, CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { type RetryDelays, retryDelay } from "../exam/delay.ts";
import { waits } from "./scope.ts";

export interface DestinationOptions {
  /** Shown to the operator. */
  readonly name: string;
  /** Codes of the faults that are its own: work towards it may also fail in the box, or in another destination. */
  readonly faults: RegExp;
  /** Pieces of work at a time when all is well. */
  readonly concurrency: number;
  readonly delays: RetryDelays;
  /** Milliseconds that only go forward: the time of day may be set back. */
  readonly now: () => number;
  readonly random?: () => number;
  /** Takes the next turn and says in how many milliseconds it comes: work is spread by it. */
  readonly nextTurn?: () => number;
  /** Milliseconds until the destination opens for the day; 0 while it is open. */
  readonly opensIn?: () => number;
}

/**
 * An outside system that may be away for days: a breaker, and a slow start. When it comes back, work restarts with one
 * piece and doubles at each success, so that days of queue do not fall on it at once.
 */
export class Destination {
  readonly name: string;
  readonly #options: DestinationOptions;
  readonly #breaker: Breaker;
  #allowed: number;
  #running = 0;

  constructor(options: DestinationOptions) {
    this.name = options.name;
    this.#options = options;
    this.#allowed = options.concurrency;
    this.#breaker = new Breaker({
      now: options.now,
      cooling: (openings) => retryDelay(openings, options.delays, (options.random ?? Math.random)()),
    });
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Milliseconds until the next piece of work is let through, by the breaker or its hours; undefined when it may start now. */
  get opensAgainIn(): number | undefined {
    const wait = Math.max(this.#breaker.opensAgainIn, this.#options.opensIn?.() ?? 0);
    return wait > 0 ? wait : undefined;
  }

  /** How many pieces of work may be under way now. */
  get allowed(): number {
    return this.opensAgainIn !== undefined ? 0 : this.state === "half-open" ? 1 : this.#allowed;
  }

  /** How many more pieces of work may start now. */
  get room(): number {
    return Math.max(0, this.allowed - this.#running);
  }

  /**
   * Runs one piece of work. A fault of the destination as a whole counts against it; any other answer, good or bad,
   * shows that it is alive; a fault from elsewhere says nothing of it. Rejects with SOURCE_DESTINATION_PAUSED when there is no room.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.room === 0) {
      throw sourceErrors.fault("SOURCE_DESTINATION_PAUSED", { details: { destination: this.name } });
    }
    this.#running += 1;
    try {
      const turn = this.#options.nextTurn?.() ?? 0;
      if (turn > 0) await sleep(turn);
      return await this.#heed(work);
    } finally {
      this.#running -= 1;
    }
  }

  /**
   * Asks a question that takes nobody's place: it waits for no turn and no hours, only for the breaker. Rejects with
   * SOURCE_DESTINATION_PAUSED while that is open.
   */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.state === "open") {
      throw sourceErrors.fault("SOURCE_DESTINATION_PAUSED", { details: { destination: this.name } });
    }
    return this.#heed(question);
  }

  async #heed<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#succeeded();
      return result;
    } catch (error) {
      if (error instanceof CodedError) this.#learn(error);
      throw error;
    }
  }

  #learn(fault: CodedError): void {
    if (!waits(fault)) this.#succeeded();
    else if (this.#options.faults.test(fault.code)) this.#failed();
  }

  #succeeded(): void {
    this.#breaker.succeeded();
    this.#allowed = Math.min(this.#options.concurrency, this.#allowed * 2);
  }

  #failed(): void {
    if (this.#breaker.failed()) this.#allowed = 1;
  }
}
