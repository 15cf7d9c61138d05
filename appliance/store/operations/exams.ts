import type { Database } from "better-sqlite3";
import { storeErrors } from "../errors.ts";
import type { Exam, ExamOpening, ExamState, OpenedReport, Reason, Transition } from "../model.ts";
import { addEvent } from "./events.ts";
import { all, first, json, run, time } from "./rows.ts";
import { addSubmission, settleSubmission } from "./submissions.ts";

interface ExamRow {
  id: number;
  structure: string;
  study_uid: string;
  ipp: string | null;
  ipp_oid: string | null;
  accessions: string;
  state: ExamState;
  code: string | null;
  compared: string | null;
  attempts: number;
  next_at: number | null;
  since: number;
  created_at: number;
  updated_at: number;
  revision: number;
}

/** The exam of a study. */
export function examOfStudy(db: Database, input: { readonly studyInstanceUID: string }): Exam | undefined {
  const row = first<ExamRow>(db, "SELECT * FROM exam WHERE study_uid = ?", input.studyInstanceUID);
  return row && toExam(row);
}

/** The exams of all reports that came under a CDA document id. */
export function examsOfDocument(db: Database, input: { readonly documentId: string }): Exam[] {
  return all<ExamRow>(
    db,
    `SELECT * FROM exam WHERE id IN
       (SELECT er.exam_id FROM exam_report er JOIN report r ON r.id = er.report_id WHERE r.document_id = ?)`,
    input.documentId,
  ).map(toExam);
}

export function exam(db: Database, input: { readonly id: number }): Exam | undefined {
  const row = first<ExamRow>(db, "SELECT * FROM exam WHERE id = ?", input.id);
  return row && toExam(row);
}

/** Exams, newest first; `before` is the last id of the page shown. */
export function exams(
  db: Database,
  input: { readonly state?: ExamState; readonly before?: number; readonly limit: number },
): Exam[] {
  const before = input.before ?? Number.MAX_SAFE_INTEGER;
  const rows =
    input.state === undefined
      ? all<ExamRow>(db, "SELECT * FROM exam WHERE id < ? ORDER BY id DESC LIMIT ?", before, input.limit)
      : all<ExamRow>(
          db,
          "SELECT * FROM exam WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?",
          input.state,
          before,
          input.limit,
        );
  return rows.map(toExam);
}

/**
 * Exams in `state` whose time has come, the longest due first. A time beyond `horizon` was written while the clock was
 * ahead: it has come, too.
 */
export function dueExams(
  db: Database,
  input: { readonly state: ExamState; readonly now: Date; readonly horizon: Date; readonly limit: number },
): Exam[] {
  return all<ExamRow>(
    db,
    "SELECT * FROM exam WHERE state = ? AND (next_at <= ? OR next_at > ?) ORDER BY next_at LIMIT ?",
    input.state,
    input.now.getTime(),
    input.horizon.getTime(),
    input.limit,
  ).map(toExam);
}

/** When the next exam in `state` falls due, of those that are not due by `after`. */
export function nextDue(db: Database, input: { readonly state: ExamState; readonly after: Date }): Date | undefined {
  const row = first<{ next: number | null }>(
    db,
    "SELECT min(next_at) AS next FROM exam WHERE state = ? AND next_at > ?",
    input.state,
    input.after.getTime(),
  );
  return time(row?.next ?? null);
}

/** Applies an opened report: its row, its exams, their events, and the message is done. Once: again is no effect. */
export function openReport(db: Database, report: OpenedReport): void {
  const { changes } = run(
    db,
    "UPDATE message SET state = 'opened' WHERE id = ? AND state = 'received'",
    report.messageId,
  );
  if (changes === 0) return;
  const { id: reportId } = run(
    db,
    "INSERT INTO report (message_id, document_id, document_digest, received_at) VALUES (?, ?, ?, ?)",
    report.messageId,
    report.documentId,
    report.documentDigest,
    report.at.getTime(),
  );
  for (const opening of report.exams) {
    const examId = saveOpening(db, opening, report.at);
    run(db, "INSERT INTO exam_report (exam_id, report_id) VALUES (?, ?)", examId, reportId);
    addEvent(db, examId, report.messageId, opening.event);
  }
}

function saveOpening(db: Database, opening: ExamOpening, at: Date): number {
  const values = [
    opening.ipp ?? null,
    opening.ippOid ?? null,
    json(opening.accessions),
    opening.state,
    ...reasonColumns(opening.reason),
    opening.nextAt?.getTime() ?? null,
    opening.structure,
    at.getTime(),
    at.getTime(),
  ];
  if (opening.known === undefined) {
    return run(
      db,
      `INSERT INTO exam (ipp, ipp_oid, accessions, state, code, compared, next_at, structure, since, updated_at,
                         created_at, study_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...values,
      at.getTime(),
      opening.studyInstanceUID,
    ).id;
  }
  const { id, revision } = opening.known;
  const { changes } = run(
    db,
    `UPDATE exam SET ipp = ?, ipp_oid = ?, accessions = ?, state = ?, code = ?, compared = ?, next_at = ?,
            structure = ?, since = ?, updated_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?`,
    ...values,
    id,
    revision,
  );
  if (changes === 0) throw storeErrors.fault("STORE_CONFLICT", { details: { exam: id } });
  return id;
}

/**
 * One step of an exam's life: state, next attempt, reason, timeline line and submission, all or nothing.
 * Gives the new revision; STORE_CONFLICT when the exam is no longer at `revision`.
 */
export function advanceExam(db: Database, step: Transition): number {
  const { changes } = run(
    db,
    `UPDATE exam SET state = ?, attempts = ?, next_at = ?, code = ?, compared = ?, since = iif(?, ?, since),
            updated_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?`,
    step.to,
    step.attempts,
    step.nextAt?.getTime() ?? null,
    ...reasonColumns(step.reason),
    step.asked === true ? 1 : 0,
    step.event.at.getTime(),
    step.event.at.getTime(),
    step.examId,
    step.revision,
  );
  if (changes === 0) throw storeErrors.fault("STORE_CONFLICT", { details: { exam: step.examId } });
  if (step.submission !== undefined) addSubmission(db, step.examId, step.submission, step.event.at);
  if (step.settle !== undefined) settleSubmission(db, step.examId, step.settle, step.event.at);
  addEvent(db, step.examId, null, step.event);
  return step.revision + 1;
}

function reasonColumns(reason: Reason | undefined): [string | null, string | null] {
  return [reason?.code ?? null, json(reason?.compared)];
}

function toExam(row: ExamRow): Exam {
  return {
    id: row.id,
    structure: row.structure,
    studyInstanceUID: row.study_uid,
    ipp: row.ipp ?? undefined,
    ippOid: row.ipp_oid ?? undefined,
    accessions: JSON.parse(row.accessions) as string[],
    state: row.state,
    code: row.code ?? undefined,
    compared: row.compared === null ? undefined : (JSON.parse(row.compared) as Record<string, string>),
    attempts: row.attempts,
    nextAt: time(row.next_at),
    since: new Date(row.since),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    revision: row.revision,
  };
}
