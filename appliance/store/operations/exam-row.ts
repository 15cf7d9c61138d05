import type { Cause, Exam, ExamState, RecordState } from "../model.ts";
import { time } from "./rows.ts";

/** A row of `exam`. */
export interface ExamRow {
  id: number;
  structure: string;
  study_uid: string;
  ipp: string | null;
  ipp_oid: string | null;
  accessions: string;
  state: ExamState;
  record: RecordState;
  cause: Cause;
  checks: number;
  withheld: number;
  code: string | null;
  compared: string | null;
  attempts: number;
  next_at: number | null;
  since: number;
  created_at: number;
  updated_at: number;
  revision: number;
}

export function toExam(row: ExamRow): Exam {
  return {
    id: row.id,
    structure: row.structure,
    studyInstanceUID: row.study_uid,
    ipp: row.ipp ?? undefined,
    ippOid: row.ipp_oid ?? undefined,
    accessions: JSON.parse(row.accessions) as string[],
    state: row.state,
    record: row.record,
    cause: row.cause,
    checks: row.checks,
    withheld: row.withheld === 1,
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
