/** What a box has still to do, as it tells it itself. */
import type { Counts, Job } from "../../../appliance/store/index.ts";
import { callApi, type ExamAnswer, type ExamFacts } from "../../../scripts/lib/local-api.ts";
import { eventually } from "../practice.ts";

/** All causes are over: something of what waits gets done in this time. */
const PATIENCE_MS = 60_000;

export interface Watch {
  /** Of the box. */
  readonly socketPath: string;
  /** True for an exam that has nothing to do but to look for images that may never come. */
  readonly rests: (exam: ExamFacts) => boolean;
}

/** Messages to open, jobs that run, exams to act upon, those that are due later included. */
export async function backlog({ socketPath, rests }: Watch): Promise<string[]> {
  const ask = async (path: string): Promise<unknown> => JSON.parse((await callApi(socketPath, "GET", path)).toString());
  const { counts } = (await ask("/status")) as { counts: Counts };
  const { jobs } = (await ask("/jobs?limit=500")) as { jobs: Job[] };
  const waiting = [
    ...Array.from({ length: counts.messages.received }, () => "message"),
    ...jobs.filter(({ state }) => state === "running").map(({ kind }) => kind),
  ];
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const { exams } = (await ask(`/exams?limit=500&before=${before}`)) as { exams: ExamFacts[] };
    const last = exams.at(-1);
    if (last === undefined) return waiting;
    before = last.id;
    const due = exams.filter((exam) => exam.nextAt !== undefined && !rests(exam));
    waiting.push(...due.map(({ id, state, record }) => `exam ${id} ${state} ${record}`));
  }
}

/** Waits until nothing waits; rejects with what does when it gets no less. */
export async function allDone(watch: Watch): Promise<void> {
  for (let waiting = await backlog(watch); waiting.length > 0; ) {
    const { length } = waiting;
    const fewer = async () => {
      waiting = await backlog(watch);
      return waiting.length < length;
    };
    await eventually(fewer, "one of those that wait gets done", PATIENCE_MS).catch(async (late: Error) => {
      throw new Error(`${late.message}: ${(await storiesOf(waiting, watch)).join("\n")}`);
    });
  }
}

/** What waits, exams with all that they went through. */
function storiesOf(waiting: readonly string[], { socketPath }: Watch): Promise<string[]> {
  return Promise.all(
    waiting.map(async (one) => {
      const id = /^exam (\d+)/.exec(one)?.[1];
      if (id === undefined) return one;
      const { timeline } = JSON.parse((await callApi(socketPath, "GET", `/exams/${id}`)).toString()) as ExamAnswer;
      return [one, ...timeline.map(({ kind, code }) => [kind, code].join(" "))].join("; ");
    }),
  );
}
