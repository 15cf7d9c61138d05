import { isApproved, MANIFEST, type RegisteredEntry, type Submission, studyReference } from "../../dmp/index.ts";
import { latestOf } from "../intake/report.ts";
import type { ClearReports } from "./manifest.ts";
import type { LookOptions, Subject } from "./subject.ts";

/**
 * The manifest that this box published before it was restored from an older backup, and has forgotten: the record is asked
 * before a study of that time is published as if it were new, and what is found is replaced. For exams of which the box
 * knows no submission and whose report is older than the restoration; undefined when there is none.
 */
export async function predecessorOf(
  { exam, latest }: Subject,
  { reports }: ClearReports,
  submission: Submission,
  { dmp, restoredAt, studyAuthority }: LookOptions,
  signal: AbortSignal,
): Promise<RegisteredEntry | undefined> {
  if (restoredAt === undefined || latest !== undefined) return undefined;
  if (latestOf(reports).header.effectiveTime >= restoredAt) return undefined;
  const { patientId } = submission.vihf;
  const referenceIds = [studyReference(exam.studyInstanceUID, studyAuthority)];
  const question = { patientId, referenceIds, typeCodes: [MANIFEST.typeCode] };
  const documents = await dmp.findByReference(question, submission, { signal });
  const ours = documents.find(
    (document) =>
      isApproved(document) &&
      document.authorInstitutions.some((institution) => institution.endsWith(`^${submission.structureId}`)),
  );
  return ours?.uniqueId === undefined ? undefined : { entryUUID: ours.entryUUID, uniqueId: ours.uniqueId };
}
