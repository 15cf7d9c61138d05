import type { ExamState } from "../../store/index.ts";

/**
 * The life of an exam, as a table. `again` says when the box acts on it next by itself; without it the exam rests,
 * for a person (parked) or for good.
 *
 * What keeps a manifest from being published twice: an exam is `publishing` with one submission whose bytes and
 * identifiers are in the store before the first attempt, and it leaves that state on a definite answer. Another report may
 * take it back to `searching` (`intake/decide.ts`), which begins by asking the registry.
 */
export const examStates = {
  searching: {
    absent: { to: "searching", again: "later" },
    fault: { to: "searching", again: "later" },
    doubted: { to: "parked" },
    "not-for-dmp": { to: "closed" },
    prepared: { to: "publishing", again: "now" },
    registered: { to: "published" },
    retried: { to: "searching", again: "now" },
  },
  publishing: {
    fault: { to: "publishing", again: "later" },
    refused: { to: "parked" },
    published: { to: "published" },
    retried: { to: "publishing", again: "now" },
  },
  parked: {
    retried: { to: "searching", again: "now" },
  },
  published: {},
  closed: {},
} as const satisfies Record<ExamState, Readonly<Record<string, ExamStep>>>;

interface ExamStep {
  readonly to: ExamState;
  readonly again?: "now" | "later";
}

type Events<Table> = Table extends Readonly<Record<string, infer Row>> ? (Row extends Row ? keyof Row : never) : never;
export type ExamEvent = Events<typeof examStates>;

/** The step that `event` makes in `state`, or undefined where the table has none. */
export function examStep(state: ExamState, event: ExamEvent): ExamStep | undefined {
  return (examStates[state] as Partial<Record<ExamEvent, ExamStep>>)[event];
}
