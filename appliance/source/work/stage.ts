import { setTimeout as rest } from "node:timers/promises";
import { asCoded, CodedError, type Logger } from "../../base/index.ts";
import type { Exam, ExamState, Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Happening } from "../exam/advance.ts";

/** Longest sleep of a stage: work that appears without a wake-up is seen after this at the latest. */
const LONGEST_SLEEP_MS = 30_000;
/** Shortest sleep: exams that fall due together are taken together. */
const SHORTEST_SLEEP_MS = 20;
/** The jitter adds a quarter to the longest delay. */
const HORIZON = 1.5;
/** Rest after a step that could not be recorded. */
const PAUSE_MS = 1000;

/** What lets work start, and does it: a destination, or workers that several destinations stand behind. */
export interface Gate {
  /** How many more pieces of work may start now. */
  readonly room: number;
  /** Milliseconds until one may, when none may now for want of a destination. */
  readonly opensAgainIn: number | undefined;
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface StageOptions {
  /** The exams this stage works on. */
  readonly state: ExamState;
  readonly store: Pick<Store, "dueExams" | "nextDue">;
  readonly gate: Gate;
  /** Exams in hand, of all stages: one exam has one worker, whatever state it has got into meanwhile. */
  readonly inHand: Set<number>;
  /** A worker is free: what waited for its exam may go on. */
  readonly onFree: () => void;
  /** Does one step of one exam. */
  readonly work: (exam: Exam, signal: AbortSignal) => Promise<Happening>;
  /** What a failed step is to the exam. */
  readonly failed: (exam: Exam, fault: CodedError) => Happening;
  /** Records what happened; the exam's next step is in the store then. */
  readonly record: (exam: Exam, happening: Happening) => Promise<void>;
  /** Nothing is put off longer than this: what is due later was put off while the clock was ahead. */
  readonly longestDelayMs: number;
  readonly now: () => Date;
  readonly log: Logger;
}

/**
 * Takes due exams of one state, the longest due first, as many as there is room for, each by one worker at
 * a time. It sleeps until an exam falls due, the gate opens again, or somebody wakes it.
 */
export class Stage {
  readonly #options: StageOptions;
  readonly #running = new Map<number, Promise<void>>();
  readonly #stop = new AbortController();
  #wake: () => void = () => {};
  #woken = false;
  #loop: Promise<void> | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** There may be work. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Interrupts the work in hand (it is taken up again from the store) and waits for it to end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#loop;
    await Promise.all(this.#running.values());
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#woken = false;
      let sleep = LONGEST_SLEEP_MS;
      try {
        sleep = await this.#takeDue();
      } catch (error) {
        this.#options.log.error({ error, stage: this.#options.state }, "the queue could not be read");
      }
      if (!this.#woken && !this.#stop.signal.aborted) await this.#sleep(sleep);
    }
  }

  /** Starts what there is room for; gives how long to sleep. */
  async #takeDue(): Promise<number> {
    const { store, state, gate, now } = this.#options;
    // In this order: it may cool between the two, and then there is room.
    const { opensAgainIn, room } = gate;
    const present = now();
    if (room > 0) {
      const horizon = new Date(present.getTime() + HORIZON * this.#options.longestDelayMs);
      const due = await store.dueExams({ state, now: present, horizon, limit: room + this.#options.inHand.size });
      for (const exam of due) {
        if (gate.room === 0 || this.#stop.signal.aborted) break;
        if (!this.#options.inHand.has(exam.id)) this.#startOn(exam);
      }
    }
    if (opensAgainIn !== undefined) return bounded(opensAgainIn);
    if (gate.room === 0) return LONGEST_SLEEP_MS;
    // What is due already is in hand: its end wakes the stage.
    const next = await store.nextDue({ state, after: present });
    return next === undefined ? LONGEST_SLEEP_MS : bounded(next.getTime() - present.getTime());
  }

  #startOn(exam: Exam): void {
    const { inHand, onFree } = this.#options;
    inHand.add(exam.id);
    this.#running.set(
      exam.id,
      this.#step(exam).finally(() => {
        this.#running.delete(exam.id);
        inHand.delete(exam.id);
        onFree();
      }),
    );
  }

  async #step(exam: Exam): Promise<void> {
    const { gate, work, failed, record, log } = this.#options;
    const { signal } = this.#stop;
    try {
      const happening = await gate
        .run(() => work(exam, signal))
        .catch((error: unknown) => {
          // Stopped in the middle: nothing is known, and the store still says what to do.
          if (signal.aborted) return undefined;
          return failed(
            exam,
            asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause })),
          );
        });
      if (happening !== undefined) await record(exam, happening);
    } catch (error) {
      // Not recorded: the exam stays as the store has it and is due again.
      if (error instanceof CodedError && error.code === "STORE_CONFLICT") {
        log.info({ exam: exam.id }, "exam changed meanwhile, its step is taken again");
        return;
      }
      log.error({ error, exam: exam.id }, "step not recorded");
      // A full disk must not make a busy loop.
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    if (!this.#stop.signal.aborted) await rest(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function bounded(ms: number): number {
  return Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, ms));
}
