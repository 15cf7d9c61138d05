import { type CodedError, said } from "../../base/index.ts";
import type { AuditUser, Exam, Store, Transition } from "../../store/index.ts";
import { type RetryDelays, retryDelay } from "./delay.ts";
import { reasonOf } from "./reason.ts";
import { type ExamEvent, type ExamStep, examStep } from "./states.ts";
import { type Sent, stepTraces } from "./traces.ts";

export interface AdvanceOptions {
  readonly store: Pick<Store, "advanceExam">;
  readonly delays: RetryDelays;
  /** After publication, when to look again whether the study has changed: milliseconds, each after the look before. */
  readonly rechecks: readonly number[];
  /** Address of the record, for the audit trail. */
  readonly recordAddress: string;
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
  /** Rejection notes that are carried out. */
  readonly settledNotes?: readonly number[];
  /** The submission that was answered. */
  readonly sent?: Sent;
  /** Who, with `decided` and `retried`. */
  readonly operator?: AuditUser;
  /** What a person decided, with `decided`. */
  readonly decision?: Pick<Transition, "withheld" | "setAside" | "record">;
}

/** Applies a happening to an exam by the table, whole, on the revision that was read. Gives the exam's new revision. */
export function advance(exam: Exam, happening: Happening, options: AdvanceOptions): Promise<number> {
  const step = examStep(exam.state, happening.event);
  if (step === undefined) throw new TypeError(`no step ${exam.state} -> ${happening.event}`);
  const at = options.now();
  const { fault, submission, settle, settledNotes, decision } = happening;
  const { delay, ...counts } = schedule(exam, happening.event, step, options);
  const again =
    step.again === "later" ? { attempt: counts.attempts, againInSeconds: Math.round((delay ?? 0) / 1000) } : {};
  return options.store.advanceExam(
    said({
      examId: exam.id,
      revision: exam.revision,
      to: step.to,
      record: step.record,
      cause: step.cause,
      ...counts,
      // What must go from the record goes before what waits to be put there.
      nextAt: submission?.kind === "withdraw" ? new Date(0) : dueIn(delay, at),
      asked: step.cause === "person" || undefined,
      reason: fault && reasonOf(fault),
      event: said({
        at,
        kind: happening.event,
        code: fault?.code,
        facts: said({ ...happening.facts, ...fault?.details, ...fault?.values, where: fault?.where, ...again }),
      }),
      submission,
      settle,
      settledNotes,
      ...decision,
      ...stepTraces(exam, happening, at, options.recordAddress),
    }),
  );
}

function dueIn(delay: number | undefined, at: Date): Date | undefined {
  return delay === undefined ? undefined : new Date(at.getTime() + delay);
}

/** When the box acts on the exam next, in milliseconds, and how often it has. */
function schedule(
  exam: Exam,
  event: ExamEvent,
  { again }: ExamStep,
  { delays, rechecks, random = Math.random }: AdvanceOptions,
): { readonly attempts: number; readonly checks?: number; readonly delay: number | undefined } {
  if (again === "now") return { attempts: 0, delay: 0 };
  if (again === "later") return { attempts: exam.attempts + 1, delay: retryDelay(exam.attempts, delays, random()) };
  if (again === undefined) return { attempts: 0, delay: undefined };
  // A look for another reason takes the place of none of those that are due: it only puts the next off.
  const checks = event === "published" ? 0 : exam.checks + (exam.cause === "recheck" ? 1 : 0);
  // Images that are gone are looked for until they are back or a person has decided.
  return { attempts: 0, checks, delay: event === "gone" ? rechecks.at(-1) : rechecks[checks] };
}
