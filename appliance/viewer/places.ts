import { viewerErrors } from "./errors.ts";

/** Places for work at a time: in all, and of one who asks. Who finds none is told to come again; nobody waits in a line. */
export class Places {
  readonly #limits: { readonly all: number; readonly ofOne: number };
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(limits: { readonly all: number; readonly ofOne: number }) {
    this.#limits = limits;
  }

  /** Does the work in a place of `asker`. Rejects with VIEWER_BUSY, and as the work does. */
  async within<Result>(asker: string, work: () => Promise<Result>): Promise<Result> {
    const own = this.#taken.get(asker) ?? 0;
    if (this.#all >= this.#limits.all || own >= this.#limits.ofOne) throw viewerErrors.fault("VIEWER_BUSY");
    this.#all += 1;
    this.#taken.set(asker, own + 1);
    try {
      return await work();
    } finally {
      this.#all -= 1;
      const left = (this.#taken.get(asker) ?? 1) - 1;
      if (left === 0) this.#taken.delete(asker);
      else this.#taken.set(asker, left);
    }
  }
}
