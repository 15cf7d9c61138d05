import type { Database } from "better-sqlite3";
import { storeErrors } from "../errors.ts";
import type { NewSubmission, StoredSubmission, SubmissionKind, SubmissionState, Transition } from "../model.ts";
import { first, run, time } from "./rows.ts";

/**
 * Adds the submission that an exam is about to send. One that is made again under its own identifier takes the place of the
 * one that was not answered: that it was sent must not be forgotten.
 */
export function addSubmission(db: Database, examId: number, submission: NewSubmission, at: Date): void {
  const again = run(
    db,
    `UPDATE submission SET manifest = ?, manifest_at = ?, version = ?, instance_count = ?, basis = ?, pacs = ?,
            envelope = ?, state = 'pending', created_at = ?
      WHERE id = (SELECT max(id) FROM submission WHERE exam_id = ?) AND state <> 'accepted' AND kind = ?
        AND sop_instance_uid = ?`,
    submission.manifest,
    submission.manifestAt.getTime(),
    submission.version,
    submission.instanceCount,
    submission.basis,
    submission.pacs,
    submission.envelope,
    at.getTime(),
    examId,
    submission.kind,
    submission.sopInstanceUID,
  );
  if (again.changes > 0) return;
  run(
    db,
    `INSERT INTO submission (exam_id, kind, sop_instance_uid, manifest, manifest_at, version, instance_count, basis,
                             pacs, envelope, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)`,
    examId,
    submission.kind,
    submission.sopInstanceUID,
    submission.manifest,
    submission.manifestAt.getTime(),
    submission.version,
    submission.instanceCount,
    submission.basis,
    submission.pacs,
    submission.envelope,
    at.getTime(),
  );
}

/** Records what became of an exam's latest submission. */
export function settleSubmission(
  db: Database,
  examId: number,
  settle: NonNullable<Transition["settle"]>,
  at: Date,
): void {
  run(
    db,
    `UPDATE submission SET state = ?, entry_uuid = coalesce(?, entry_uuid), settled_at = ?
      WHERE id = (SELECT max(id) FROM submission WHERE exam_id = ?)`,
    settle.state,
    settle.entryUUID ?? null,
    at.getTime(),
    examId,
  );
}

/**
 * A submission is about to be sent: from here on it may have been received, whatever becomes of the box, and what the record
 * holds is not sure. STORE_CONFLICT, and nothing may be sent, when the exam has moved since it was read.
 */
export function markAttempt(
  db: Database,
  input: { readonly submissionId: number; readonly examId: number; readonly revision: number; readonly at: Date },
): void {
  const { changes } = run(
    db,
    `UPDATE submission SET attempted_at = ?
      WHERE id = ? AND exam_id IN (SELECT id FROM exam WHERE id = ? AND revision = ? AND state = 'publishing')`,
    input.at.getTime(),
    input.submissionId,
    input.examId,
    input.revision,
  );
  if (changes === 0) throw storeErrors.fault("STORE_CONFLICT", { details: { exam: input.examId } });
  run(db, "UPDATE exam SET record = 'unsure' WHERE id = ?", input.examId);
}

/** The latest submission of an exam, whatever it asks and whatever became of it. */
export function latestSubmission(db: Database, input: { readonly examId: number }): StoredSubmission | undefined {
  const row = first<SubmissionRow>(
    db,
    "SELECT * FROM submission WHERE exam_id = ? ORDER BY id DESC LIMIT 1",
    input.examId,
  );
  return row && toSubmission(row);
}

/** The submission whose manifest the record holds, as far as its answers say. */
export function currentSubmission(db: Database, input: { readonly examId: number }): StoredSubmission | undefined {
  const row = first<SubmissionRow>(
    db,
    "SELECT * FROM submission WHERE exam_id = ? AND state = 'accepted' ORDER BY id DESC LIMIT 1",
    input.examId,
  );
  return row === undefined || row.kind === "withdraw" ? undefined : toSubmission(row);
}

interface SubmissionRow {
  id: number;
  kind: SubmissionKind;
  sop_instance_uid: string;
  manifest: Uint8Array;
  manifest_at: number;
  version: number;
  instance_count: number;
  basis: string;
  pacs: string;
  envelope: string;
  state: SubmissionState;
  entry_uuid: string | null;
  created_at: number;
  attempted_at: number | null;
}

function toSubmission(row: SubmissionRow): StoredSubmission {
  return {
    id: row.id,
    kind: row.kind,
    sopInstanceUID: row.sop_instance_uid,
    manifest: row.manifest,
    manifestAt: new Date(row.manifest_at),
    version: row.version,
    instanceCount: row.instance_count,
    basis: row.basis,
    pacs: row.pacs,
    envelope: row.envelope,
    state: row.state,
    entryUUID: row.entry_uuid ?? undefined,
    createdAt: new Date(row.created_at),
    attemptedAt: time(row.attempted_at),
  };
}
