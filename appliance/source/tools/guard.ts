import { setTimeout as rest } from "node:timers/promises";
import { asCoded, type CodedError, type Logger } from "../../base/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";
import type { Exam, Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { waits } from "../work/scope.ts";
import { toolErrors } from "./errors.ts";

/** Exams that are asked for before a resynchronisation begins, and those that it looks back over while it works. */
const SAMPLE = 50;
/** More than this share, and more than a few, that are gone is no purge: it is an index under repair, or another PACS. */
const SUSPICIOUS_SHARE = 0.1;
const SUSPICIOUS_COUNT = 3;
/** Rest before a PACS that did not answer is asked again. */
const RETRY_MS = 5000;

/** True when so many of so few are gone that the PACS is to be doubted. */
export function isSuspicious(gone: number, asked: number): boolean {
  return gone > asked * SUSPICIOUS_SHARE && gone >= Math.min(SUSPICIOUS_COUNT, asked);
}

export interface SampleOptions {
  readonly store: Pick<Store, "exams" | "examsInRecord">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly log: Logger;
  readonly retryMs?: number;
}

/**
 * Asks the PACS for exams spread over the archive, with no effect. Rejects with SOURCE_RESYNC_MANY_GONE when too many are
 * gone. A PACS that does not answer is asked again: it has said nothing.
 */
export async function checkSample(options: SampleOptions, signal: AbortSignal): Promise<void> {
  const exams = await sample(options.store);
  let gone = 0;
  for (const { studyInstanceUID } of exams) if (!(await isThere(studyInstanceUID, options, signal))) gone += 1;
  if (isSuspicious(gone, exams.length)) throw manyGone(gone, exams.length);
}

/** Exams in the record at even distances of their numbers. */
async function sample(store: SampleOptions["store"]): Promise<Exam[]> {
  const [newest] = await store.exams({ limit: 1 });
  const last = newest?.id ?? 0;
  const found = new Map<number, Exam>();
  for (let index = 0; index < SAMPLE; index++) {
    const [exam] = await store.examsInRecord({ after: Math.floor((last * index) / SAMPLE), limit: 1 });
    if (exam === undefined) break;
    found.set(exam.id, exam);
  }
  return [...found.values()];
}

async function isThere(
  studyInstanceUID: string,
  { pacs, log, retryMs = RETRY_MS }: SampleOptions,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return (await pacs.findStudy(studyInstanceUID, { signal })) !== undefined;
    } catch (error) {
      signal.throwIfAborted();
      const fault = asCoded(error, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
      // What it has to say against the exam, it says of an exam that it has.
      if (!waits(fault)) return true;
      log.warn({ code: fault.code }, "the PACS is waited for");
      await rest(retryMs, undefined, { signal });
    }
  }
}

/** Looks back over the exams that were just done: throws SOURCE_RESYNC_MANY_GONE when too many of them were gone. */
export class Window {
  readonly #gone: boolean[] = [];

  add(gone: boolean): void {
    this.#gone.push(gone);
    if (this.#gone.length > SAMPLE) this.#gone.shift();
    const count = this.#gone.filter(Boolean).length;
    if (gone && count >= SUSPICIOUS_COUNT && isSuspicious(count, this.#gone.length)) {
      throw manyGone(count, this.#gone.length);
    }
  }
}

function manyGone(gone: number, asked: number): CodedError {
  return toolErrors.fault("SOURCE_RESYNC_MANY_GONE", { details: { gone, asked } });
}
