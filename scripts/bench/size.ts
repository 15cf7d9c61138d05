/** What a million exams that are done cost: a job of the queue, a search, and what is asked every second. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { openStore, type Store } from "../../appliance/store/index.ts";
import { accessionOf, documentOf, fillDoneExams, MILLION, patientOf, studyOf } from "./million.ts";
import { openExams } from "./queue.ts";

const ROUNDS = 9;
const JOBS_A_ROUND = 1000;
/** Taken together, as a stage takes what there is room for. */
const AT_A_TIME = 10;
const SEARCHES = 52;
const ASKED = 200;
const NEVER = new Date(8.64e15);

export async function benchSize(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-size-"));
  await fillDoneExams(join(folder, "full.db"));
  const opening = performance.now();
  const full = await openStore(join(folder, "full.db"));
  const store_open_1m_ms = performance.now() - opening;
  const empty = await openStore(join(folder, "empty.db"));
  try {
    return {
      store_open_1m_ms,
      ...(await slowdown(empty, full)),
      ...(await search(full)),
      ...(await everySecond(full)),
    };
  } finally {
    await full.close();
    await empty.close();
    rmSync(folder, { recursive: true });
  }
}

/** Rounds in turn on either store, so that a noisy minute falls on both. */
async function slowdown(empty: Store, full: Store): Promise<Record<string, number>> {
  const times = { empty: [] as number[], full: [] as number[] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, store] of [["empty", empty] as const, ["full", full] as const]) {
      await openExams(store, JOBS_A_ROUND, String(round));
      times[name].push(await work(store));
    }
  }
  // The first round warms up.
  const jobMs = (name: "empty" | "full") => percentile(times[name].slice(1), 0.5) / JOBS_A_ROUND;
  return { queue_1m_rows_slowdown: jobMs("full") / jobMs("empty"), queue_job_1m_rows_ms: jobMs("full") };
}

/** Takes what is due, reads what a step needs and records the step, until nothing is left; in milliseconds. */
async function work(store: Store): Promise<number> {
  const started = performance.now();
  for (;;) {
    const now = new Date();
    const due = await store.dueExams({ state: "searching", now, horizon: NEVER, limit: AT_A_TIME });
    if (due.length === 0) return performance.now() - started;
    await Promise.all(
      due.map(async ({ id: examId, revision }) => {
        await store.messagesOfExam({ examId });
        await store.latestSubmission({ examId });
        const event = { at: new Date(), kind: "published" };
        await store.advanceExam({ examId, revision, to: "published", record: "present", attempts: 0, event });
      }),
    );
  }
}

/** Identifiers whole and by their beginning, from one letter on; some that nobody has. */
async function search(store: Store): Promise<Record<string, number>> {
  const texts = Array.from({ length: SEARCHES / 4 }, (_, n) => 1 + n * Math.floor(MILLION / 13)).flatMap((n, index) => [
    accessionOf(n).slice(0, index + 1),
    patientOf(n),
    studyOf(n).slice(0, 6 + 2 * index),
    index % 2 === 0 ? documentOf(n) : `NONE-${n}`,
  ]);
  const times: number[] = [];
  for (const text of texts) times.push(await timed(() => store.exams({ text, limit: 50 })));
  return { exam_search_1m_p50_ms: percentile(times, 0.5), exam_search_1m_ms: percentile(times, 1) };
}

/** The slowest, by its median, of what a normal second asks; and the counts of the status page, the metrics and the check. */
async function everySecond(store: Store): Promise<Record<string, number>> {
  const now = new Date();
  const asked: readonly ((n: number) => Promise<unknown>)[] = [
    () => store.counts(),
    () => store.dueExams({ state: "published", now, horizon: NEVER, limit: AT_A_TIME }),
    () => store.nextDue({ state: "published", after: now }),
    () => store.waitingMessages({ limit: AT_A_TIME }),
    (n) => store.messagesOfExam({ examId: n }),
    (n) => store.evidenceOfStudy({ studyInstanceUID: studyOf(n) }),
    (n) => store.examOfStudy({ studyInstanceUID: studyOf(n) }),
    (n) => store.currentSubmission({ examId: n }),
    (n) => store.examsInRecord({ after: n, limit: 100 }),
  ];
  const medians: number[] = [];
  for (const ask of asked) {
    const times: number[] = [];
    for (let n = 1; n <= ASKED; n++) times.push(await timed(() => ask((n * 7919) % MILLION)));
    medians.push(percentile(times, 0.5));
  }
  return { counts_1m_ms: medians[0] ?? Number.NaN, hot_queries_1m_slowest_ms: Math.max(...medians) };
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await ask();
  return performance.now() - started;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
