/** A report whose study has 4,000 images: from its bytes at the door to the submission that stands in the store, ready to go. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { createLogger } from "../../appliance/system/index.ts";
import { order, type Person, person, reportMessage } from "../../tests/faults/people.ts";
import type { SandboxStudy } from "../sandbox/ris.ts";
import { startSite } from "../sandbox/site.ts";
import { archiveOf } from "./pacs.ts";

/** The first one warms the box up. */
const RUNS = 6;

interface Exam {
  readonly patient: Person;
  readonly study: SandboxStudy;
}

/**
 * Medians, in milliseconds. The time of the PACS is what it takes from a question to its last answer, counted at the PACS, in
 * a thread of its own; the rest is the box, network included.
 */
export async function reportToQueued(): Promise<Record<string, number>> {
  const exams = Array.from({ length: RUNS }, (_, n): Exam => ({ patient: person(n + 1), study: order(`bench-${n}`) }));
  const archive = new Worker(new URL(import.meta.url), { workerData: { exams } });
  const { port } = await answer<{ port: number }>(archive);
  const folder = mkdtempSync(join(tmpdir(), "bench-report-"));
  let prepared: () => void = () => {};
  const log = createLogger({ level: "info", write: (line) => line.includes('"event":"prepared"') && prepared() });
  const site = await startSite({ folder, pacs: [{ host: "127.0.0.1", port, aeTitle: "PACS" }], log });
  const totals: number[] = [];
  const pacs: number[] = [];
  try {
    for (const [index, { patient, study }] of exams.entries()) {
      const queued = new Promise<void>((resolve) => {
        prepared = resolve;
      });
      const message = reportMessage(patient, [study], `M${index}`);
      const started = performance.now();
      const ack = await site.send(message);
      if (!ack.includes("MSA|AA|")) throw new Error(ack);
      await queued;
      totals.push(performance.now() - started);
      archive.postMessage("told");
      pacs.push(await answer<number>(archive));
      await site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "published");
    }
  } finally {
    await site.stop();
    await archive.terminate();
    rmSync(folder, { recursive: true });
  }
  const own = totals.map((total, index) => total - (pacs[index] ?? 0));
  return {
    report_to_queued_4000_ms: median(own.slice(1)),
    report_to_queued_pacs_ms: median(pacs.slice(1)),
    report_to_queued_whole_ms: median(totals.slice(1)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

function answer<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

const { exams } = (workerData ?? {}) as { exams?: readonly Exam[] };
if (exams !== undefined) {
  let [open, since, busy] = [0, 0, 0];
  const server = archiveOf("PACS", {
    exams: exams.map(({ patient, study }) => ({
      studyInstanceUID: study.studyInstanceUID,
      patientID: patient.ipp,
      accessionNumber: study.accession.extension,
    })),
    onQuestion() {
      if (open++ === 0) since = performance.now();
      return () => {
        if (--open === 0) busy += performance.now() - since;
      };
    },
  });
  parentPort?.postMessage(await server.listen(0, "127.0.0.1"));
  parentPort?.on("message", () => {
    parentPort?.postMessage(busy);
    busy = 0;
  });
}
