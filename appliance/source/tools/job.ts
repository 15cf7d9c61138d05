import type { CodedError } from "../../base/index.ts";
import type { Job, JobRefusal, NewStatistic } from "../../store/index.ts";
import type { Hours } from "../work/bounds.ts";

/** When a job works: within hours of the site's day, or outside hours; at any time when neither is said. */
export interface WorkingHours {
  readonly during?: Hours;
  readonly except?: Hours;
}

/** How far a job has come: what is absent stays as it was. */
export interface Step {
  /** Where it goes on after a restart. */
  readonly cursor?: number;
  readonly total?: number;
  /** Pieces of work done since the step before, by what came of them. */
  readonly results?: readonly string[];
  /** What it has found out; takes the place of what it had found before. */
  readonly found?: NonNullable<Job["found"]>;
  readonly refusals?: readonly JobRefusal[];
  readonly statistics?: readonly NewStatistic[];
}

/** What a job works with. */
export interface JobContext {
  /** The job as the last step left it. */
  readonly job: Job;
  readonly signal: AbortSignal;
  /** Commits a step; rejects with the signal's reason once the job was cancelled. */
  step(step: Step): Promise<void>;
  /** Resolves when the job may work: at once, or when its hours have come. To be called before each piece of work. */
  turn(): Promise<void>;
}

/** What a job left undone, as the job keeps it. */
export function refused(item: string, { code, details }: CodedError): JobRefusal {
  return { item, code, details };
}

/** One kind of job: goes on from `context.job.cursor`, and rejects with a coded error when it must not go on. */
export type JobKind = (context: JobContext) => Promise<void>;
