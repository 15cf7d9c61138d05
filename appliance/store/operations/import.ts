import type { Database } from "better-sqlite3";
import type { Imported, ImportedExam } from "../model/tools.ts";
import { addEvent } from "./events.ts";
import { all, first, json, run } from "./rows.ts";
import { addSubmission, currentSubmission, settleSubmission } from "./submissions.ts";

/**
 * Makes an exam known as published, with what the record holds of it. What a box has lived through itself is worth more than
 * an archive: a known exam takes a newer manifest only as long as all that is known of it was imported.
 */
export function importExam(db: Database, exam: ImportedExam): Imported {
  const known = first<{ id: number }>(db, "SELECT id FROM exam WHERE study_uid = ?", exam.studyInstanceUID)?.id;
  if (known === undefined) return { examId: keep(db, insert(db, exam), exam), result: "imported" };
  if (hasHeld(db, known, exam)) return { examId: known, result: "known" };
  if (!isOnlyImported(db, known) || !isNewer(db, known, exam)) return { examId: known, result: "other" };
  forgetReports(db, known);
  run(
    db,
    `UPDATE exam SET structure = ?, ipp = ?, ipp_oid = ?, accessions = ?, updated_at = ?, revision = revision + 1
      WHERE id = ?`,
    ...facts(exam),
    exam.event.at.getTime(),
    known,
  );
  return { examId: keep(db, known, exam), result: "replaced" };
}

const facts = ({ structure, ipp, ippOid, accessions }: ImportedExam) => [
  structure,
  ipp ?? null,
  ippOid ?? null,
  json(accessions),
];

function insert(db: Database, exam: ImportedExam): number {
  const at = exam.event.at.getTime();
  return run(
    db,
    `INSERT INTO exam (study_uid, structure, ipp, ipp_oid, accessions, state, record, cause, since, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, 'published', 'present', 'report', ?, ?, ?)`,
    exam.studyInstanceUID,
    ...facts(exam),
    at,
    at,
    at,
  ).id;
}

/** What an exam is found by, its reports and its manifest; gives its number. */
function keep(db: Database, examId: number, exam: ImportedExam): number {
  const { at } = exam.event;
  for (const key of exam.keys) run(db, "INSERT OR IGNORE INTO exam_key (value, exam_id) VALUES (?, ?)", key, examId);
  for (const documentId of exam.documentIds) {
    const { id: reportId } = run(
      db,
      "INSERT INTO report (message_id, document_id, document_digest, received_at) VALUES (NULL, ?, x'', ?)",
      documentId,
      at.getTime(),
    );
    run(db, "INSERT INTO exam_report (exam_id, report_id) VALUES (?, ?)", examId, reportId);
  }
  addSubmission(db, examId, exam.submission, at);
  settleSubmission(
    db,
    examId,
    { state: "accepted", ...(exam.entryUUID !== undefined && { entryUUID: exam.entryUUID }) },
    at,
  );
  addEvent(db, examId, null, exam.event);
  return examId;
}

/** True when the record has taken this manifest, here or as an archive told, at any time. */
function hasHeld(db: Database, examId: number, { submission }: ImportedExam): boolean {
  const sql = "SELECT 1 FROM submission WHERE exam_id = ? AND sop_instance_uid = ? AND state = 'accepted'";
  return first(db, sql, examId, submission.sopInstanceUID) !== undefined;
}

/** True for an exam that stands in the record, and of which no message came: archives are all that is known of it. */
function isOnlyImported(db: Database, examId: number): boolean {
  const sql = `
    SELECT 1 FROM exam e WHERE id = ? AND state = 'published' AND record = 'present' AND withheld = 0
       AND NOT EXISTS (SELECT 1 FROM exam_report er JOIN report r ON r.id = er.report_id
                        WHERE er.exam_id = e.id AND r.message_id IS NOT NULL)`;
  return first(db, sql, examId) !== undefined;
}

function isNewer(db: Database, examId: number, { submission: { manifestAt, version } }: ImportedExam): boolean {
  const current = currentSubmission(db, { examId });
  if (current === undefined) return false;
  const later = manifestAt.getTime() - current.manifestAt.getTime();
  return later > 0 || (later === 0 && version > current.version);
}

/** The reports that an older archive named: the newer one names those of today. */
function forgetReports(db: Database, examId: number): void {
  const reports = all<{ id: number }>(db, "SELECT report_id AS id FROM exam_report WHERE exam_id = ?", examId);
  run(db, "DELETE FROM exam_report WHERE exam_id = ?", examId);
  for (const { id } of reports) run(db, "DELETE FROM report WHERE id = ?", id);
}
