import { setTimeout as rest } from "node:timers/promises";
import type { Exam, NewStatistic, Store, TimelineEvent } from "../../store/index.ts";
import type { ExamEvent } from "../exam/states.ts";
import type { JobContext } from "./job.ts";

/** Exams of a tool that are looked at, or wait for it, at a time: what comes from the site must not wait behind a job. */
const IN_HAND = 4;
const PAGE = 100;
/** How often an exam in hand is asked whether its look is over. */
const POLL_MS = 50;
/** Looks at one exam that fail while others succeed: from then on it is a matter of that exam. An outage spends none. */
const FAILURES = 8;

/** What came of the look at one exam. */
export type Outcome =
  /** The record holds it as it is. */
  | "unchanged"
  /** A manifest takes the place of the one that stood, or goes. */
  | "replaced"
  | "withdrawn"
  /** A person must decide. */
  | "waiting"
  /** Something else is being done with it, which looks at it, too. */
  | "busy"
  /** It was imported, and no report of it has come since: nothing can be published in its name. */
  | "without-report";

export interface WalkOptions {
  readonly store: Pick<Store, "examsInRecord" | "exam" | "timeline" | "messagesShown">;
  /** Asks for a look at an exam; false when it is not the moment. */
  readonly ask: (examId: number, event: Extract<ExamEvent, "resynced" | "readdressed">) => Promise<boolean>;
  readonly event: Extract<ExamEvent, "resynced" | "readdressed">;
  /** True for an exam that needs no look. */
  readonly settled?: (exam: Exam) => Promise<boolean>;
  /** What an outcome is to the statistics. */
  readonly counted?: (outcome: Outcome, exam: Exam) => readonly NewStatistic[];
  /** Told of each outcome, before the next exam is begun; what it throws ends the walk. */
  readonly onOutcome?: (outcome: Outcome, why: string | undefined) => void;
}

interface Result {
  readonly outcome: Outcome;
  readonly why?: string;
}

/**
 * Has every exam in the record looked at, a few at a time, each in its turn: the cursor of the job is the last exam up to
 * which all are done. A PACS or a record that does not answer holds the walk up: it is waited for; an exam that fails by
 * itself is left to wait.
 */
export async function walk(context: JobContext, options: WalkOptions): Promise<void> {
  // Those in hand are not looked after any longer than the walk is.
  const over = new AbortController();
  try {
    await walkAll(context, options, AbortSignal.any([context.signal, over.signal]));
  } finally {
    over.abort();
  }
}

async function walkAll(context: JobContext, options: WalkOptions, signal: AbortSignal): Promise<void> {
  const inHand: { readonly exam: Exam; readonly result: Promise<Result> }[] = [];
  const finish = async () => {
    const head = inHand.shift();
    if (head === undefined) return;
    const { outcome, why } = await head.result;
    const statistics = options.counted?.(outcome, head.exam) ?? [];
    await context.step({ cursor: head.exam.id, results: [outcome], statistics });
    options.onOutcome?.(outcome, why);
  };
  let after = context.job.cursor;
  for (;;) {
    const page = await options.store.examsInRecord({ after, limit: PAGE });
    for (const exam of page) {
      if (inHand.length === IN_HAND) await finish();
      await context.turn();
      const result = lookAt(exam, options, signal);
      // It is awaited in its turn; until then its failure is nobody's.
      result.catch(() => {});
      inHand.push({ exam, result });
      after = exam.id;
    }
    if (page.length === 0) break;
  }
  while (inHand.length > 0) await finish();
  // What has left the record meanwhile, by a message or in the moment of a kill, was not to be done.
  await context.step({ total: context.job.done });
}

async function lookAt(exam: Exam, options: WalkOptions, signal: AbortSignal): Promise<Result> {
  const { store, event } = options;
  if (await options.settled?.(exam)) return { outcome: "unchanged" };
  const messages = await store.messagesShown({ examId: exam.id });
  if (!messages.some(({ kind }) => kind === "report")) return { outcome: "without-report" };
  if (!(await asked(exam.id, options))) {
    const { state } = (await store.exam({ id: exam.id })) ?? exam;
    return { outcome: state === "parked" ? "waiting" : "busy" };
  }
  for (;;) {
    await rest(POLL_MS, undefined, { signal });
    const now = await store.exam({ id: exam.id });
    if (now?.state === "checking" && now.attempts >= FAILURES) return { outcome: "waiting" };
    if (now === undefined || now.state === "checking") continue;
    return resultOf(await store.timeline({ examId: exam.id }), event);
  }
}

/** A step that came between is no reason to give up: the exam is asked again as it is then. */
async function asked(examId: number, { ask, event }: WalkOptions): Promise<boolean> {
  try {
    return await ask(examId, event);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "STORE_CONFLICT") throw error;
    return ask(examId, event);
  }
}

/** The lines of a timeline that end a look, as what they make of the exam. */
const outcomes: Readonly<Record<string, Outcome>> = {
  unchanged: "unchanged",
  ended: "unchanged",
  gone: "waiting",
  doubted: "waiting",
  prepared: "replaced",
};

function resultOf(timeline: readonly TimelineEvent[], event: string): Result {
  const since = timeline.slice(timeline.findLastIndex(({ kind }) => kind === event) + 1);
  const line = since.find(({ kind }) => kind in outcomes);
  if (line === undefined) return { outcome: "busy" };
  const { withdraws, why } = line.facts ?? {};
  const outcome = withdraws === undefined ? (outcomes[line.kind] as Outcome) : "withdrawn";
  return { outcome, ...(typeof why === "string" && { why }) };
}
