import type { Database } from "better-sqlite3";
import { storeErrors } from "../errors.ts";
import type { ExamOpening, OpenedMessage, Reason, Transition } from "../model.ts";
import { addEvent } from "./events.ts";
import { json, run } from "./rows.ts";
import { addSubmission, settleSubmission } from "./submissions.ts";
import { keepTraces } from "./traces.ts";

/** Applies an opened message: its rows, its exams, their events, and the message is done. Once: again is no effect. */
export function openMessage(db: Database, opened: OpenedMessage): void {
  const { messageId, at, content } = opened;
  const { changes } = run(db, "UPDATE message SET state = 'opened' WHERE id = ? AND state = 'received'", messageId);
  if (changes === 0) return;
  const reportId = content.kind === "report" ? addReport(db, messageId, at, content) : undefined;
  if (content.kind === "evidence") {
    for (const study of content.studies) {
      run(db, "INSERT OR IGNORE INTO evidence (study_uid, message_id) VALUES (?, ?)", study, messageId);
    }
  }
  for (const opening of opened.exams) {
    const examId = saveOpening(db, opening, at);
    if (reportId !== undefined) linkReports(db, examId, reportId);
    addEvent(db, examId, messageId, opening.event);
  }
  keepTraces(db, opened);
}

function addReport(
  db: Database,
  messageId: number,
  at: Date,
  report: Extract<OpenedMessage["content"], { kind: "report" }>,
): number {
  const { id } = run(
    db,
    `INSERT INTO report (message_id, document_id, document_digest, action, substance, sent_at, received_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    messageId,
    report.documentId,
    report.documentDigest,
    report.action,
    report.substance,
    report.sentAt?.getTime() ?? null,
    at.getTime(),
  );
  for (const documentId of report.ends) {
    run(db, "INSERT OR IGNORE INTO report_end (document_id, report_id) VALUES (?, ?)", documentId, id);
  }
  return id;
}

/**
 * The report speaks for the exam, unless a person has set the same one aside before; and so do those that came before it
 * and end it.
 */
function linkReports(db: Database, examId: number, reportId: number): void {
  run(
    db,
    `INSERT OR IGNORE INTO exam_report (exam_id, report_id, set_aside)
     SELECT ?, r.id, EXISTS (SELECT 1 FROM exam_report er JOIN report same ON same.id = er.report_id
                              WHERE er.exam_id = ? AND er.set_aside = 1 AND same.document_id = r.document_id
                                AND same.document_digest = r.document_digest AND same.action = r.action
                                AND same.substance IS r.substance)
       FROM report r WHERE r.id = ?`,
    examId,
    examId,
    reportId,
  );
  run(
    db,
    `INSERT OR IGNORE INTO exam_report (exam_id, report_id)
     SELECT ?, e.report_id FROM report r JOIN report_end e ON e.document_id = r.document_id WHERE r.id = ?`,
    examId,
    reportId,
  );
}

function saveOpening(db: Database, opening: ExamOpening, at: Date): number {
  const id = opening.known === undefined ? insertExam(db, opening, at) : updateExam(db, opening, opening.known, at);
  for (const key of opening.keys) run(db, "INSERT OR IGNORE INTO exam_key (value, exam_id) VALUES (?, ?)", key, id);
  return id;
}

function insertExam(db: Database, opening: ExamOpening, at: Date): number {
  return run(
    db,
    `INSERT INTO exam (study_uid, structure, ipp, ipp_oid, accessions, state, record, cause, code, compared, next_at,
                       since, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'absent', ?, ?, ?, ?, ?, ?, ?)`,
    opening.studyInstanceUID,
    opening.structure,
    opening.ipp ?? null,
    opening.ippOid ?? null,
    json(opening.accessions),
    opening.state,
    opening.cause,
    ...reasonColumns(opening.reason),
    opening.nextAt?.getTime() ?? null,
    at.getTime(),
    at.getTime(),
    at.getTime(),
  ).id;
}

function updateExam(
  db: Database,
  opening: ExamOpening,
  { id, revision }: NonNullable<ExamOpening["known"]>,
  at: Date,
): number {
  const { changes } = run(
    db,
    `UPDATE exam SET structure = ?, ipp = ?, ipp_oid = ?, accessions = ?, state = ?, cause = ?, code = ?, compared = ?,
            next_at = ?, since = iif(?, since, ?), updated_at = ?, revision = revision + 1
      WHERE id = ? AND revision = ?`,
    opening.structure,
    opening.ipp ?? null,
    opening.ippOid ?? null,
    json(opening.accessions),
    opening.state,
    opening.cause,
    ...reasonColumns(opening.reason),
    opening.nextAt?.getTime() ?? null,
    opening.unasked === true ? 1 : 0,
    at.getTime(),
    at.getTime(),
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
  const at = step.event.at.getTime();
  const { changes } = run(
    db,
    `UPDATE exam SET state = ?, record = coalesce(?, record), cause = coalesce(?, cause), checks = coalesce(?, checks),
            withheld = coalesce(?, withheld), attempts = ?, next_at = ?, code = ?, compared = ?,
            since = iif(?, ?, since), updated_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?`,
    step.to,
    step.record ?? null,
    step.cause ?? null,
    step.checks ?? null,
    step.withheld === undefined ? null : Number(step.withheld),
    step.attempts,
    step.nextAt?.getTime() ?? null,
    ...reasonColumns(step.reason),
    step.asked === true ? 1 : 0,
    at,
    at,
    step.examId,
    step.revision,
  );
  if (changes === 0) throw storeErrors.fault("STORE_CONFLICT", { details: { exam: step.examId } });
  if (step.submission !== undefined) addSubmission(db, step.examId, step.submission, step.event.at);
  if (step.settle !== undefined) settleSubmission(db, step.examId, step.settle, step.event.at);
  for (const messageId of step.settledNotes ?? []) settleNote(db, step.examId, messageId);
  if (step.setAside !== undefined) setAside(db, step.examId, step.setAside);
  addEvent(db, step.examId, null, step.event);
  keepTraces(db, step);
  return step.revision + 1;
}

function settleNote(db: Database, examId: number, messageId: number): void {
  run(
    db,
    "UPDATE evidence SET settled = 1 WHERE message_id = ? AND study_uid = (SELECT study_uid FROM exam WHERE id = ?)",
    messageId,
    examId,
  );
}

/** Every sending of the same report is set aside with it. */
function setAside(db: Database, examId: number, { messageId, aside }: NonNullable<Transition["setAside"]>): void {
  run(
    db,
    `UPDATE exam_report SET set_aside = ? WHERE exam_id = ? AND report_id IN
       (SELECT same.id FROM report r JOIN report same ON same.document_id = r.document_id
                        AND same.document_digest = r.document_digest AND same.action = r.action
                        AND same.substance IS r.substance
         WHERE r.message_id = ?)`,
    Number(aside),
    examId,
    messageId,
  );
  run(
    db,
    "UPDATE evidence SET set_aside = ? WHERE message_id = ? AND study_uid = (SELECT study_uid FROM exam WHERE id = ?)",
    Number(aside),
    messageId,
    examId,
  );
}

function reasonColumns(reason: Reason | undefined): [string | null, string | null] {
  return [reason?.code ?? null, json(reason?.compared)];
}
