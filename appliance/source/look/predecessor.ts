import { isApproved, MANIFEST, type Submission, studyReference } from "../../dmp/index.ts";
import type { Exam } from "../../store/index.ts";
import { latestOf } from "../intake/report.ts";
import type { ClearReports } from "./manifest.ts";
import type { LookOptions, Subject } from "./subject.ts";

export type ForgettingOptions = Pick<LookOptions, "restoredAt" | "studyAuthority"> & {
  readonly dmp: Pick<LookOptions["dmp"], "findByReference">;
};

/** A manifest in the record, as it is replaced or withdrawn. */
export interface Standing {
  readonly entryUUID: string;
  readonly uniqueId: string;
}

/**
 * The manifest that this box published before it was restored from an older backup, and has forgotten: the record is asked
 * before a study of that time is published as if it were new, and what is found is replaced. For exams of which the box
 * knows no submission and whose report is older than the restoration; undefined when there is none.
 */
export async function predecessorOf(
  { exam, latest }: Subject,
  { reports }: ClearReports,
  submission: Submission,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const { restoredAt } = options;
  if (restoredAt === undefined || latest !== undefined) return undefined;
  if (latestOf(reports).header.effectiveTime >= restoredAt) return undefined;
  return standingOf(exam, submission, options, signal);
}

/**
 * The manifest that took the place of `held` before this box was restored from an older backup; undefined when the box was not
 * restored since, or there is none.
 */
export async function successorOf(
  exam: Exam,
  held: Submission,
  options: ForgettingOptions,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  if (options.restoredAt === undefined || exam.createdAt >= options.restoredAt) return undefined;
  const standing = await standingOf(exam, held, options, signal);
  return standing?.uniqueId === held.documentUniqueId ? undefined : standing;
}

/** What the record holds in force of the study, in the record of that patient and by that author. */
async function standingOf(
  exam: Exam,
  submission: Submission,
  { dmp, studyAuthority }: ForgettingOptions,
  signal: AbortSignal,
): Promise<Standing | undefined> {
  const { patientId } = submission.vihf;
  const referenceIds = [studyReference(exam.studyInstanceUID, studyAuthority)];
  const question = { patientId, referenceIds, typeCodes: [MANIFEST.typeCode] };
  const documents = await dmp.findByReference(question, submission, { signal });
  const ours = documents.find((document) => isApproved(document) && isBy(document, submission));
  return ours?.uniqueId === undefined ? undefined : { entryUUID: ours.entryUUID, uniqueId: ours.uniqueId };
}

function isBy(
  { authorInstitutions }: { readonly authorInstitutions: readonly string[] },
  { structureId }: Submission,
): boolean {
  return authorInstitutions.some((institution) => institution.endsWith(`^${structureId}`));
}
