import { type CodedError, said } from "../base/index.ts";
import type { Exam, Store, Transition } from "../store/index.ts";
import { type RetryDelays, retryDelay } from "./exam/delay.ts";
import { type ExamEvent, examStep } from "./exam/states.ts";
import { reasonOf } from "./reason.ts";

export interface AdvanceOptions {
  readonly store: Pick<Store, "advanceExam">;
  readonly delays: RetryDelays;
  readonly now: () => Date;
  readonly random?: () => number;
}

/** What happened to an exam, to be turned into one step of its table. */
export interface Happening {
  readonly event: ExamEvent;
  /** Why, for an event that is a fault. */
  readonly fault?: CodedError;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly submission?: Transition["submission"];
  readonly settle?: Transition["settle"];
}

/** Applies a happening to an exam by the table, whole, on the revision that was read. Gives the exam's new revision. */
export function advance(exam: Exam, happening: Happening, options: AdvanceOptions): Promise<number> {
  const step = examStep(exam.state, happening.event);
  if (step === undefined) throw new TypeError(`no step ${exam.state} -> ${happening.event}`);
  const at = options.now();
  const { fault } = happening;
  const attempts = step.again === "later" ? exam.attempts + 1 : 0;
  const delay =
    step.again === "later" ? retryDelay(exam.attempts, options.delays, (options.random ?? Math.random)()) : 0;
  const again = step.again === "later" ? { attempt: attempts, againInSeconds: Math.round(delay / 1000) } : {};
  return options.store.advanceExam(
    said({
      examId: exam.id,
      revision: exam.revision,
      to: step.to,
      attempts,
      nextAt: step.again === undefined ? undefined : new Date(at.getTime() + delay),
      asked: happening.event === "retried" || undefined,
      reason: fault && reasonOf(fault),
      event: said({
        at,
        kind: happening.event,
        code: fault?.code,
        facts: said({ ...happening.facts, ...fault?.details, ...fault?.values, where: fault?.where, ...again }),
      }),
      submission: happening.submission,
      settle: happening.settle,
    }),
  );
}
