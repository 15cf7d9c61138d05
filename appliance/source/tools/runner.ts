import { setTimeout as rest } from "node:timers/promises";
import { asCoded, type CodedError, type Logger } from "../../base/index.ts";
import type { AuditUser, Job, Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { type Hours, opening } from "../work/bounds.ts";
import { toolErrors } from "./errors.ts";
import type { JobContext, JobKind, Step, WorkingHours } from "./job.ts";
import { cancelTraces, endTraces, startTraces } from "./job-traces.ts";

/** Jobs taken up again after a restart: there is one of each kind at most. */
const JOBS = 100;
/** While its hours have not come, a job looks at the clock this often: it may be set meanwhile. */
const LONGEST_REST_MS = 30_000;

export interface RunnerOptions {
  readonly store: Pick<Store, "startJob" | "advanceJob" | "cancelJob" | "job" | "jobs">;
  readonly kinds: Readonly<Record<string, JobKind>>;
  /** IANA time zone of the site. */
  readonly timeZone: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly longestRestMs?: number;
}

/** Long work that a person asks for: it is in the store, step by step, and goes on from there. */
export interface JobRunner {
  /** Takes up the jobs that a stop or a kill interrupted. */
  start(): Promise<void>;
  /** Interrupts the jobs; they go on at the next start. */
  stop(): Promise<void>;
  /** Rejects with STORE_JOB_RUNNING when one of this kind runs. The parameter `operator` is the account that asks. */
  launch(kind: string, parameters: Readonly<Record<string, unknown>>): Promise<Job>;
  /** Rejects with SOURCE_JOB_UNKNOWN or SOURCE_JOB_ENDED. */
  cancel(id: number, operator?: AuditUser): Promise<Job>;
}

export function createJobRunner(options: RunnerOptions): JobRunner {
  const { store, kinds, now, log } = options;
  const running = new Map<number, { readonly stop: AbortController; readonly work: Promise<void> }>();
  let stopped = false;

  function take(job: Job): void {
    // It is in the store, and begins with the next start.
    if (stopped) return;
    const stop = new AbortController();
    const work = run(job, stop.signal).finally(() => running.delete(job.id));
    running.set(job.id, { stop, work });
  }

  async function run(first: Job, signal: AbortSignal): Promise<void> {
    let job = first;
    const commit = async (state: Job["state"], { cursor, results = [], ...step }: Step, fault?: CodedError) => {
      const counts = { ...job.results };
      for (const name of results) counts[name] = (counts[name] ?? 0) + 1;
      const next = { ...job, cursor: cursor ?? job.cursor, done: job.done + results.length, results: counts };
      const { id, done } = next;
      const going = await store.advanceJob({
        ...{ id, cursor: next.cursor, done, results: counts, state, at: now() },
        ...step,
        ...endTraces({ ...next, state }, fault, now()),
        ...(fault !== undefined && { code: fault.code, details: fault.details }),
      });
      job = { ...next, total: step.total ?? job.total };
      return going;
    };
    const context: JobContext = {
      get job() {
        return job;
      },
      signal,
      async step(step) {
        const going = await commit("running", step);
        signal.throwIfAborted();
        if (!going) throw toolErrors.fault("SOURCE_JOB_ENDED", { details: { job: job.id } });
      },
      turn: hoursOf(first.parameters as WorkingHours, options, signal),
    };
    log.info({ job: job.id, kind: job.kind, cursor: job.cursor }, "job running");
    try {
      const kind = kinds[job.kind];
      if (kind === undefined) throw toolErrors.fault("SOURCE_JOB_KIND_UNKNOWN", { details: { kind: job.kind } });
      await kind(context);
      await commit("done", {});
      log.info({ job: job.id, kind: job.kind, results: job.results }, "job done");
    } catch (error) {
      if (signal.aborted) return;
      const fault = asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
      log.error({ job: job.id, kind: job.kind, error: fault }, "job failed");
      await commit("failed", {}, fault).catch((lost: unknown) =>
        log.error({ job: job.id, error: lost }, "the end of a job was not recorded"),
      );
    }
  }

  return {
    async start() {
      for (const job of await store.jobs({ state: "running", limit: JOBS })) take(job);
    },
    async stop() {
      stopped = true;
      const all = [...running.values()];
      for (const { stop } of all) stop.abort();
      await Promise.all(all.map(({ work }) => work));
    },
    async launch(kind, parameters) {
      const job = await store.startJob({ kind, parameters, at: now(), ...startTraces({ kind, parameters }, now()) });
      take(job);
      return job;
    },
    async cancel(id, operator) {
      const job = await store.job({ id });
      if (job === undefined) throw toolErrors.fault("SOURCE_JOB_UNKNOWN", { details: { job: id } });
      if (!(await store.cancelJob({ id, at: now(), ...cancelTraces(job, operator, now()) }))) {
        throw toolErrors.fault("SOURCE_JOB_ENDED", { details: { job: id } });
      }
      const taken = running.get(id);
      taken?.stop.abort();
      await taken?.work;
      return (await store.job({ id })) as Job;
    },
  };
}

/** A function that resolves when the job may work. */
function hoursOf(
  { during, except }: WorkingHours,
  { timeZone, now, longestRestMs = LONGEST_REST_MS }: RunnerOptions,
  signal: AbortSignal,
): () => Promise<void> {
  const open = (hours: Hours) => opening(hours, timeZone, now);
  const waits = [
    ...(during === undefined ? [] : [open(during)]),
    // Outside hours is within those from their end to their beginning.
    ...(except === undefined ? [] : [open({ from: except.to, to: except.from })]),
  ];
  return async () => {
    for (;;) {
      signal.throwIfAborted();
      const wait = Math.max(0, ...waits.map((opensIn) => opensIn()));
      if (wait === 0) return;
      await rest(Math.min(wait, longestRestMs), undefined, { signal });
    }
  };
}
