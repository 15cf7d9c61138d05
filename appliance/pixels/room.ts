import type { FrameOptions, Urgency } from "./model.ts";

/** Most urgent first. */
export const URGENCIES: readonly Urgency[] = ["now", "soon", "background"];

interface Asker {
  readonly bytes: number;
  enter(): void;
  refuse(reason: unknown): void;
}

/** Memory for frames that wait, in bytes: who finds too little waits for it, the most urgent first, none overtaking its like. */
export class Room {
  #free: number;
  readonly #waiting: Record<Urgency, Set<Asker>> = { now: new Set(), soon: new Set(), background: new Set() };

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Resolves with what gives the bytes back, once; at most all that there are can be had. Rejects with the reason of the signal. */
  async take(bytes: number, { urgency, signal }: FrameOptions): Promise<Disposable> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = this.#waiting[urgency];
    const asker: Asker = { bytes, enter: resolve, refuse: reject };
    const leave = () => {
      if (!waiting.delete(asker)) return;
      reject(signal?.reason);
      this.#next();
    };
    waiting.add(asker);
    signal?.addEventListener("abort", leave);
    this.#next();
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
    let held = bytes;
    return {
      [Symbol.dispose]: () => {
        this.#free += held;
        held = 0;
        this.#next();
      },
    };
  }

  /** Nobody who waits gets any more. */
  close(reason: unknown): void {
    for (const urgency of URGENCIES) {
      for (const asker of this.#waiting[urgency]) asker.refuse(reason);
      this.#waiting[urgency].clear();
    }
  }

  #next(): void {
    for (;;) {
      const urgency = URGENCIES.find((one) => this.#waiting[one].size > 0);
      const [asker] = urgency === undefined ? [] : this.#waiting[urgency];
      if (urgency === undefined || asker === undefined || asker.bytes > this.#free) return;
      this.#waiting[urgency].delete(asker);
      this.#free -= asker.bytes;
      asker.enter();
    }
  }
}
