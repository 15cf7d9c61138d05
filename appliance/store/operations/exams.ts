import type { Database } from "better-sqlite3";
import type { Exam, ExamState } from "../model.ts";
import { type ExamRow, toExam } from "./exam-row.ts";
import { all, first, time } from "./rows.ts";

/** The exam of a study. */
export function examOfStudy(db: Database, input: { readonly studyInstanceUID: string }): Exam | undefined {
  const row = first<ExamRow>(db, "SELECT * FROM exam WHERE study_uid = ?", input.studyInstanceUID);
  return row && toExam(row);
}

/** The exams of all reports that came under one of these CDA document ids. */
export function examsOfDocuments(db: Database, input: { readonly documentIds: readonly string[] }): Exam[] {
  return all<ExamRow>(
    db,
    `SELECT * FROM exam WHERE id IN
       (SELECT er.exam_id FROM exam_report er JOIN report r ON r.id = er.report_id
         WHERE r.document_id IN (SELECT value FROM json_each(?)))`,
    JSON.stringify(input.documentIds),
  ).map(toExam);
}

export function exam(db: Database, input: { readonly id: number }): Exam | undefined {
  const row = first<ExamRow>(db, "SELECT * FROM exam WHERE id = ?", input.id);
  return row && toExam(row);
}

/** Which exams: those in a state, with a code, or that a text begins an identifier of. */
export interface ExamFilter {
  readonly state?: ExamState;
  readonly code?: string;
  /** The beginning of a study UID, a patient identifier, an accession or order number, or a document id. */
  readonly text?: string;
}

/** Exams, newest first; `before` is the last id of the page shown. */
export function exams(db: Database, input: ExamFilter & { readonly before?: number; readonly limit: number }): Exam[] {
  const { where, parameters } = conditions(input);
  const conjunction = ["id < ?", ...where].join(" AND ");
  return all<ExamRow>(
    db,
    `SELECT * FROM exam WHERE ${conjunction} ORDER BY id DESC LIMIT ?`,
    input.before ?? Number.MAX_SAFE_INTEGER,
    ...parameters,
    input.limit,
  ).map(toExam);
}

/** Candidates that a text may have: one that begins thousands of identifiers is no search. */
const SEARCHED = 10_000;

function conditions({ state, code, text }: ExamFilter): { where: string[]; parameters: unknown[] } {
  const where: string[] = [];
  const parameters: unknown[] = [];
  const add = (condition: string, ...values: unknown[]) => {
    where.push(condition);
    parameters.push(...values);
  };
  if (state !== undefined) add("state = ?", state);
  if (code !== undefined) add("code = ?", code);
  if (text !== undefined) {
    const end = `${text}\u{10FFFF}`;
    add(
      `id IN (SELECT exam_id FROM (SELECT exam_id FROM exam_key WHERE value >= ? AND value < ? LIMIT ${SEARCHED})
              UNION ALL SELECT id FROM (SELECT id FROM exam WHERE study_uid >= ? AND study_uid < ? LIMIT ${SEARCHED}))`,
      text,
      end,
      text,
      end,
    );
  }
  return { where, parameters };
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
    `SELECT * FROM exam WHERE state = ? AND next_at IS NOT NULL AND (next_at <= ? OR next_at > ?)
      ORDER BY next_at LIMIT ?`,
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

/** Exams whose manifest the record holds, by id, from the one after `after`: what a tool walks over. */
export function examsInRecord(db: Database, input: { readonly after: number; readonly limit: number }): Exam[] {
  return all<ExamRow>(
    db,
    "SELECT * FROM exam WHERE id > ? AND record = 'present' ORDER BY id LIMIT ?",
    input.after,
    input.limit,
  ).map(toExam);
}
