/** The durable queue: exams taken from the store and moved one step, each step on the disk before the next. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type ExamOpening, openStore, type Store } from "../../appliance/store/index.ts";

const JOBS = 10_000;
const WORKERS = 64;

/** Exams a second that are taken and recorded as published, 64 at a time. */
export async function queueThroughput(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-queue-"));
  const store = await openStore(join(folder, "box.db"));
  try {
    await openExams(store, JOBS);
    const due = await store.dueExams({ state: "searching", now: new Date(), horizon: new Date(8.64e15), limit: JOBS });
    const started = performance.now();
    await Promise.all(
      Array.from({ length: WORKERS }, async () => {
        for (let exam = due.pop(); exam !== undefined; exam = due.pop()) {
          const at = new Date();
          const event = { at, kind: "published" };
          await store.advanceExam({ examId: exam.id, revision: exam.revision, to: "published", attempts: 0, event });
        }
      }),
    );
    const seconds = (performance.now() - started) / 1000;
    return { queue_durable_jobs_per_s: JOBS / seconds };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** Opens that many exams by one message, due at once. */
export async function openExams(store: Store, count: number, name = "1"): Promise<void> {
  const at = new Date();
  const opening = (n: number): ExamOpening => ({
    structure: "1750099999",
    studyInstanceUID: `2.25.${name}.${n}`,
    accessions: [],
    keys: [],
    state: "searching",
    cause: "report",
    nextAt: at,
    event: { at, kind: "opened" },
  });
  const { id } = await store.recordMessage({
    kind: "hl7",
    receivedAt: at,
    sender: "RIS",
    controlId: name,
    digest: Buffer.alloc(32),
    peer: "127.0.0.1",
    bytes: Buffer.alloc(0),
    answer: Buffer.alloc(0),
  });
  const exams = Array.from({ length: count }, (_, n) => opening(n));
  const content = {
    kind: "report",
    documentId: "1.2",
    documentDigest: Buffer.alloc(32),
    action: "create",
    substance: Buffer.alloc(0),
    ends: [],
  } as const;
  await store.openMessage({ messageId: id, at, content, exams });
}
