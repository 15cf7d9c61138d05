import { CodedError, type Logger } from "../../base/index.ts";
import type { Dmp } from "../../dmp/index.ts";
import type { Imported, JobRefusal, Store } from "../../store/index.ts";
import { type FolderOutcome, type ReadSubmission, readXdm } from "../../xdm/index.ts";
import { toolErrors } from "./errors.ts";
import { importedExam } from "./imported.ts";
import { type JobKind, refused } from "./job.ts";
import { noteAddress } from "./readdress.ts";

export interface ImportOptions {
  readonly store: Pick<Store, "importExam" | "setInstallation">;
  readonly dmp: Pick<Dmp, "adopt">;
  readonly publicAddress: string;
  readonly now: () => Date;
  readonly log: Logger;
}

/**
 * Imports the XDM archive of the parameters, ours or another box's (DB.SO.30): exams that are not known here become known
 * as published; those known by archives alone take the newer manifest; what contradicts itself or the box is refused and listed. The cursor is the folder.
 */
export function importArchive(options: ImportOptions): JobKind {
  return async (context) => {
    const file = String(context.job.parameters.file);
    for await (const folder of readXdm(file, { skip: context.job.cursor, signal: context.signal })) {
      await context.turn();
      const { result, refusal } = await take(folder, options);
      await context.step({
        cursor: folder.position,
        total: folder.total,
        results: [result],
        refusals: refusal === undefined ? [] : [refusal],
      });
    }
  };
}

type Kept = Exclude<Imported["result"], "other">;

interface Taken {
  readonly result: Kept | "refused";
  readonly refusal?: JobRefusal;
}

async function take(outcome: FolderOutcome, options: ImportOptions): Promise<Taken> {
  const { folder } = outcome;
  try {
    if ("fault" in outcome) throw outcome.fault;
    return { result: await keep(outcome.submission, folder, options) };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code.startsWith("STORE_")) throw error;
    options.log.warn({ folder, code: error.code }, "part of an archive refused");
    return { result: "refused", refusal: refused(folder, error) };
  }
}

/**
 * Keeps every manifest of a submission set, or none that contradicts itself. Throws SOURCE_IMPORT_OTHER_MANIFEST when an exam
 * stands here with another one, which stays.
 */
async function keep(submission: ReadSubmission, folder: string, options: ImportOptions): Promise<Kept> {
  const { store, dmp, publicAddress, now } = options;
  const exams = submission.manifests.map((manifest) => importedExam(submission, manifest, { dmp, at: now(), folder }));
  const results: Kept[] = [];
  let contradicted: number | undefined;
  for (const exam of exams) {
    const { examId, result } = await store.importExam(exam);
    if (result === "other") contradicted = examId;
    else results.push(result);
    if (result === "imported" || result === "replaced") {
      await noteAddress(store, exam.submission.manifest, publicAddress);
    }
  }
  if (contradicted !== undefined) {
    throw toolErrors.fault("SOURCE_IMPORT_OTHER_MANIFEST", { details: { exam: contradicted } });
  }
  return results.find((result) => result !== "known") ?? "known";
}
