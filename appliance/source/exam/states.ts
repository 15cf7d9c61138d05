import type { Cause, ExamState, RecordState } from "../../store/index.ts";

/**
 * The life of an exam and of its manifest, as a table: state x event. A message, a person or a tool asks for a look at an
 * exam; the look compares what the record should hold, by the reports and the PACS, with what it holds; what differs is
 * sent; and so on until nothing differs.
 *
 * - `searching`: a report or a person waits for what the look will find. `checking`: nobody does, the manifest stands.
 * - `publishing`: a submission is in the store, whole, before its first attempt, which makes the record unsure; the state is left on a definite answer, or
 *   for another look, which begins by asking the registry what became of it. So nothing is published twice.
 * - `parked`: a person must decide. `published`: the record is as it should be. `closed`: so it is, and holds nothing.
 *
 * `again` says when the box acts on the exam next by itself: `now`, `later` (delays that grow), `recheck` (hours after
 * publication, when images may have been added); without it the exam rests.
 */
export const examStates = {
  new: {
    reported: { to: "searching", again: "now", cause: "report" },
    doubted: { to: "parked", cause: "report" },
    ended: { to: "closed", cause: "report" },
  },
  searching: {
    reported: { to: "searching", again: "now", cause: "report" },
    ordered: { to: "searching", again: "now" },
    noted: { to: "searching", again: "now", cause: "note" },
    retried: { to: "searching", again: "now", cause: "person" },
    decided: { to: "searching", again: "now", cause: "person" },
    absent: { to: "searching", again: "later" },
    fault: { to: "searching", again: "later" },
    registered: { to: "searching", again: "now", record: "present" },
    unregistered: { to: "searching", again: "now", record: "absent" },
    doubted: { to: "parked" },
    ended: { to: "closed", record: "absent" },
    unchanged: { to: "published", again: "recheck", record: "present" },
    gone: { to: "published", again: "recheck", record: "present" },
    prepared: { to: "publishing", again: "now" },
  },
  checking: {
    reported: { to: "searching", again: "now", cause: "report" },
    ordered: { to: "checking", again: "now", cause: "order" },
    noted: { to: "checking", again: "now", cause: "note" },
    resynced: { to: "checking", again: "now", cause: "resync" },
    retried: { to: "searching", again: "now", cause: "person" },
    decided: { to: "searching", again: "now", cause: "person" },
    fault: { to: "checking", again: "later" },
    registered: { to: "searching", again: "now", record: "present" },
    unregistered: { to: "searching", again: "now", record: "absent" },
    doubted: { to: "parked" },
    ended: { to: "closed", record: "absent" },
    unchanged: { to: "published", again: "recheck", record: "present" },
    gone: { to: "published", again: "recheck", record: "present" },
    prepared: { to: "publishing", again: "now" },
  },
  publishing: {
    reported: { to: "searching", again: "now", cause: "report" },
    ordered: { to: "searching", again: "now" },
    noted: { to: "searching", again: "now", cause: "note" },
    retried: { to: "publishing", again: "now" },
    decided: { to: "searching", again: "now", cause: "person" },
    fault: { to: "publishing", again: "later" },
    refused: { to: "parked" },
    published: { to: "published", again: "recheck", record: "present" },
    withdrawn: { to: "searching", again: "now", record: "absent" },
  },
  published: {
    reported: { to: "searching", again: "now", cause: "report" },
    ordered: { to: "checking", again: "now", cause: "order" },
    noted: { to: "checking", again: "now", cause: "note" },
    due: { to: "checking", again: "now", cause: "recheck" },
    resynced: { to: "checking", again: "now", cause: "resync" },
    readdressed: { to: "checking", again: "now", cause: "address" },
    retried: { to: "checking", again: "now", cause: "person" },
    decided: { to: "searching", again: "now", cause: "person" },
  },
  parked: {
    reported: { to: "searching", again: "now", cause: "report" },
    ordered: { to: "searching", again: "now", cause: "order" },
    noted: { to: "searching", again: "now", cause: "note" },
    retried: { to: "searching", again: "now", cause: "person" },
    decided: { to: "searching", again: "now", cause: "person" },
    doubted: { to: "parked", cause: "report" },
    ended: { to: "closed", cause: "report" },
  },
  closed: {
    reported: { to: "searching", again: "now", cause: "report" },
    noted: { to: "searching", again: "now", cause: "note" },
    retried: { to: "searching", again: "now", cause: "person" },
    decided: { to: "searching", again: "now", cause: "person" },
    doubted: { to: "parked", cause: "report" },
    ended: { to: "closed", cause: "report" },
  },
} as const satisfies Record<ExamState | "new", Readonly<Record<string, ExamStep>>>;

export interface ExamStep {
  readonly to: ExamState;
  readonly again?: "now" | "later" | "recheck";
  /** What the record holds from now on; as before when absent. */
  readonly record?: RecordState;
  /** Why the exam is looked at from now on; as before when absent. */
  readonly cause?: Cause;
}

type Events<Table> = Table extends Readonly<Record<string, infer Row>> ? (Row extends Row ? keyof Row : never) : never;
export type ExamEvent = Events<typeof examStates>;

/** The step that `event` makes in `state`, or undefined where the table has none. */
export function examStep(state: ExamState | "new", event: ExamEvent): ExamStep | undefined {
  return (examStates[state] as Partial<Record<ExamEvent, ExamStep>>)[event];
}
