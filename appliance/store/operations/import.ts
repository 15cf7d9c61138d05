import type { Database } from "better-sqlite3";
import type { ImportedExam } from "../model/tools.ts";
import { addEvent } from "./events.ts";
import { first, json, run } from "./rows.ts";
import { addSubmission, settleSubmission } from "./submissions.ts";

/**
 * Makes an exam known as published, with what the record holds of it. False, and no effect, when the study is known: what
 * a box has lived through itself is worth more than an archive.
 */
export function importExam(db: Database, exam: ImportedExam): boolean {
  if (first(db, "SELECT id FROM exam WHERE study_uid = ?", exam.studyInstanceUID) !== undefined) return false;
  const at = exam.event.at.getTime();
  const { id: examId } = run(
    db,
    `INSERT INTO exam (study_uid, structure, ipp, ipp_oid, accessions, state, record, cause, since, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, 'published', 'present', 'report', ?, ?, ?)`,
    exam.studyInstanceUID,
    exam.structure,
    exam.ipp ?? null,
    exam.ippOid ?? null,
    json(exam.accessions),
    at,
    at,
    at,
  );
  for (const key of exam.keys) run(db, "INSERT OR IGNORE INTO exam_key (value, exam_id) VALUES (?, ?)", key, examId);
  for (const documentId of exam.documentIds) {
    const { id: reportId } = run(
      db,
      "INSERT INTO report (message_id, document_id, document_digest, received_at) VALUES (NULL, ?, x'', ?)",
      documentId,
      at,
    );
    run(db, "INSERT INTO exam_report (exam_id, report_id) VALUES (?, ?)", examId, reportId);
  }
  addSubmission(db, examId, exam.submission, exam.event.at);
  settleSubmission(
    db,
    examId,
    { state: "accepted", ...(exam.entryUUID !== undefined && { entryUUID: exam.entryUUID }) },
    exam.event.at,
  );
  addEvent(db, examId, null, exam.event);
  return true;
}
