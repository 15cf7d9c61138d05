import type { Database } from "better-sqlite3";
import type { NewSubmission, StoredSubmission, SubmissionState, Transition } from "../model.ts";
import { first, run } from "./rows.ts";

/** Adds the submission that an exam is about to send. */
export function addSubmission(db: Database, examId: number, submission: NewSubmission, at: Date): void {
  run(
    db,
    `INSERT INTO submission (exam_id, sop_instance_uid, manifest, manifest_at, instance_count, envelope, state,
                             created_at) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?)`,
    examId,
    submission.sopInstanceUID,
    submission.manifest,
    submission.manifestAt.getTime(),
    submission.instanceCount,
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

/** The latest submission of an exam, with its documents. */
export function latestSubmission(db: Database, input: { readonly examId: number }): StoredSubmission | undefined {
  const row = first<{
    id: number;
    sop_instance_uid: string;
    manifest: Uint8Array;
    manifest_at: number;
    instance_count: number;
    envelope: string;
    state: SubmissionState;
    entry_uuid: string | null;
    created_at: number;
  }>(db, "SELECT * FROM submission WHERE exam_id = ? ORDER BY id DESC LIMIT 1", input.examId);
  if (row === undefined) return undefined;
  return {
    id: row.id,
    sopInstanceUID: row.sop_instance_uid,
    manifest: row.manifest,
    manifestAt: new Date(row.manifest_at),
    instanceCount: row.instance_count,
    envelope: row.envelope,
    state: row.state,
    entryUUID: row.entry_uuid ?? undefined,
    createdAt: new Date(row.created_at),
  };
}
