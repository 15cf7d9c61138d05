import type { StatisticKind } from "../../statistics/index.ts";
import type { Exam, NewStatistic } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { checkSample, type SampleOptions, Window } from "./guard.ts";
import type { JobKind } from "./job.ts";
import { type Outcome, type WalkOptions, walk } from "./walk.ts";

export interface ResyncOptions extends SampleOptions {
  readonly store: SampleOptions["store"] & WalkOptions["store"];
  readonly ask: WalkOptions["ask"];
  readonly now: () => Date;
}

/** Why a manifest goes when the PACS has none of its images left. */
const GONE = sourceErrors.fault("SOURCE_IMAGES_GONE").code;

/**
 * Resynchronisation (DB.SO.28): every exam in the record is compared with the PACS; what the PACS has no more leaves the
 * record. `force` is the word of a person that many may be gone; without it, a PACS that has lost many of them is not
 * believed, neither before the job begins nor while it works.
 */
export function resync(options: ResyncOptions): JobKind {
  return async (context) => {
    const force = context.job.parameters.force === true;
    await context.turn();
    if (!force) await checkSample(options, context.signal);
    const window = new Window();
    await walk(context, {
      store: options.store,
      ask: options.ask,
      event: "resynced",
      counted: (outcome, exam) => statistics(outcome, exam, options.now()),
      onOutcome: (outcome, why) => {
        if (!force) window.add(outcome === "withdrawn" && why === GONE);
      },
    });
  };
}

/** DB.SO.88: every exam that was compared, and every manifest that went. */
function statistics(outcome: Outcome, { structure }: Exam, at: Date): NewStatistic[] {
  const line = (kind: StatisticKind): NewStatistic => ({ at, kind, status: "succes", facts: { structure } });
  return [line("resync-checked"), ...(outcome === "withdrawn" ? [line("resync-deleted")] : [])];
}
