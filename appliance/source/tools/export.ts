import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { said, within } from "../../base/index.ts";
import type { Exam, JobRefusal, Store, StoredSubmission } from "../../store/index.ts";
import {
  type ArchivedSubmission,
  type ArchiveFacts,
  archiveName,
  type ReportReference,
  writeXdm,
} from "../../xdm/index.ts";
import { sourceErrors } from "../errors.ts";
import { fromStored } from "../look/submission.ts";
import { patientOf } from "./cx.ts";
import { toolErrors } from "./errors.ts";
import { openFolder } from "./folder.ts";
import { type JobContext, type JobKind, refused } from "./job.ts";

const PAGE = 500;
/** A drive that has not shown its folder by then is not there. */
const FOLDER_MS = 10_000;
/** The cursor once the folder is known to be this job's own, before its first month. */
const OPENED = 1;

export interface ExportOptions {
  readonly store: Pick<Store, "manifestTimes" | "exam" | "currentSubmission" | "documentsOfExam">;
  /** What the archives say of themselves. */
  readonly facts: Omit<ArchiveFacts, "year" | "month">;
  /** IANA time zone of the site: months are its own. */
  readonly timeZone: string;
  /** The box's own, where no archive goes. */
  readonly dataFolder: string;
}

/**
 * Exports what the record holds into the folder of the parameters: one XDM archive a month of manifests (DB.SO.29). The
 * folder holds no archive before: a month of a former export that has emptied since would pass for one of this. The cursor
 * is the last month that is whole, as `yyyymm`; a month that was interrupted is written anew.
 */
export function exportArchive(options: ExportOptions): JobKind {
  return async (context) => {
    const folder = String(context.job.parameters.folder);
    if (context.job.cursor < OPENED) {
      await onTarget(() => within(openFolder(folder, options.dataFolder), FOLDER_MS, context.signal));
      await context.step({ cursor: OPENED });
    }
    const months = await monthsOf(options);
    const done = context.job.cursor;
    const left = [...months].filter(([month]) => month > done).sort(([one], [other]) => one - other);
    await context.step({ total: context.job.done + left.reduce((sum, [, exams]) => sum + exams.length, 0) });
    for (const [month, exams] of left) {
      await context.turn();
      const results = await writeMonth(folder, month, exams, options, context);
      await context.step({ cursor: month, ...results });
    }
  };
}

/** The exams of each month. */
async function monthsOf({ store, timeZone }: ExportOptions): Promise<Map<number, number[]>> {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, year: "numeric", month: "2-digit" });
  const months = new Map<number, number[]>();
  for (let after = 0; ; ) {
    const page = await store.manifestTimes({ after, limit: PAGE });
    for (const { examId, manifestAt } of page) {
      const month = Number(format.format(manifestAt).replace("-", ""));
      const exams = months.get(month) ?? [];
      exams.push(examId);
      months.set(month, exams);
      after = examId;
    }
    if (page.length < PAGE) return months;
  }
}

/** Writes a month under another name, which it loses once it is whole and on the disk. */
async function writeMonth(
  folder: string,
  month: number,
  exams: readonly number[],
  { store, facts }: ExportOptions,
  { signal }: JobContext,
): Promise<{ readonly results: string[]; readonly refusals: JobRefusal[] }> {
  const period = { year: Math.floor(month / 100), month: month % 100 };
  const target = join(folder, `${archiveName(period)}.ZIP`);
  const part = `${target}.part`;
  const refusals: JobRefusal[] = [];
  const submissions = archived(exams, store);
  try {
    await rm(part, { force: true });
    const file = createWriteStream(part, { flags: "wx", mode: 0o600 });
    const written = await writeXdm(file, { ...facts, ...period }, submissions, {
      signal,
      onRefused: ({ examId }, fault) => refusals.push(refused(String(examId), fault)),
    });
    await flush(part);
    await rename(part, target);
    return { results: [...Array(written).fill("exported"), ...refusals.map(() => "refused")], refusals };
  } catch (error) {
    await rm(part, { force: true });
    throw asTarget(error);
  }
}

async function* archived(
  exams: readonly number[],
  store: ExportOptions["store"],
): AsyncGenerator<ArchivedSubmission & { readonly examId: number }> {
  for (const examId of exams) {
    const exam = await store.exam({ id: examId });
    const current = await store.currentSubmission({ examId });
    // It has left the record since the months were counted.
    if (exam === undefined || current === undefined) continue;
    yield { examId, ...toArchive(exam, current, await store.documentsOfExam({ examId })) };
  }
}

/** What an archive keeps of an exam: the metadata word for word, the manifest, its signature, the reports' identifiers. */
function toArchive(exam: Exam, current: StoredSubmission, documentIds: readonly string[]): ArchivedSubmission {
  const { metadata, documents, vihf } = fromStored(current);
  const [manifest, signature] = documents;
  if (manifest === undefined) throw sourceErrors.fault("SOURCE_INTERNAL", { where: "submission" });
  const { ins, insOid } = patientOf(vihf.patientId);
  const reports = documentIds.map((text): ReportReference => {
    const [root = "", extension = ""] = text.split("^");
    return { root, extension, ins, insOid, ipp: exam.ipp ?? "", ippOid: exam.ippOid ?? "" };
  });
  const kept = said({ id: manifest.id, bytes: manifest.bytes, entryUUID: current.entryUUID });
  return { metadata, manifests: [kept], reports, ...(signature && { signature }) };
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function onTarget<Result>(work: () => Promise<Result>): Promise<Result> {
  return work().catch((error: unknown) => {
    throw asTarget(error);
  });
}

/** A fault of the medium; every other one as it is. */
function asTarget(error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return error;
  return toolErrors.fault("SOURCE_EXPORT_UNWRITABLE", { details: { reason: code }, cause: error });
}
