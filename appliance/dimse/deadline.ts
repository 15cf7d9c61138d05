/** One deadline at a time, by name: to arm it again under the same name starts it anew. */
export class Deadline {
  readonly #expired: (phase: string, milliseconds: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #phase: string | undefined;

  constructor(expired: (phase: string, milliseconds: number) => void) {
    this.#expired = expired;
  }

  /** What it is armed for. */
  get phase(): string | undefined {
    return this.#phase;
  }

  arm(phase: string, milliseconds: number): void {
    if (this.#timer !== undefined && this.#phase === phase) {
      this.#timer.refresh();
      return;
    }
    this.disarm();
    this.#phase = phase;
    this.#timer = setTimeout(() => this.#expired(phase, milliseconds), milliseconds);
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#phase = undefined;
  }
}
