import type { Database } from "better-sqlite3";
import { all } from "./rows.ts";

/** What an archive of the exams in the record is made of: each exam with the instant of the manifest that stands. */
export function manifestTimes(
  db: Database,
  input: { readonly after: number; readonly limit: number },
): { readonly examId: number; readonly manifestAt: Date }[] {
  return all<{ exam_id: number; manifest_at: number }>(
    db,
    `SELECT e.id AS exam_id, s.manifest_at
       FROM exam e JOIN submission s
         ON s.id = (SELECT max(id) FROM submission WHERE exam_id = e.id AND state = 'accepted')
      WHERE e.id > ? AND e.record = 'present' AND s.kind <> 'withdraw' ORDER BY e.id LIMIT ?`,
    input.after,
    input.limit,
  ).map((row) => ({ examId: row.exam_id, manifestAt: new Date(row.manifest_at) }));
}

/** The documents that were reported on an exam, deletions aside; also those whose messages are not here. */
export function documentsOfExam(db: Database, input: { readonly examId: number }): string[] {
  return all<{ document_id: string }>(
    db,
    `SELECT document_id FROM exam_report er JOIN report r ON r.id = er.report_id
      WHERE er.exam_id = ? AND r.action <> 'delete' GROUP BY document_id ORDER BY min(r.id)`,
    input.examId,
  ).map((row) => row.document_id);
}
