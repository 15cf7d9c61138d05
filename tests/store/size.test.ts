/** A store that has grown: what is asked of it all the time costs what it cost on the first day. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../appliance/store/database.ts";
import type { Counts, ExamState, RecordState } from "../../appliance/store/index.ts";
import { operations } from "../../appliance/store/operations/index.ts";
import { all, first } from "../../appliance/store/operations/rows.ts";

const at = new Date("2026-11-25T08:00:00Z");
const STATES: readonly ExamState[] = ["searching", "checking", "publishing", "published", "parked", "closed"];
const RECORDS: readonly RecordState[] = ["absent", "unsure", "present"];

let folder: string;
let db: Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "store-size-"));
  db = openDatabase(join(folder, "box.db"));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

describe("what is asked all the time", () => {
  const asked: Readonly<Record<string, () => unknown>> = {
    "a message at the door": () => operations.recordMessage(db, message("M1")),
    "one that is refused": () => operations.recordMessage(db, { ...message("M2"), refusal: "HL7_VERSION" }),
    "messages to open": () => operations.waitingMessages(db, { limit: 10 }),
    "the exam of a study": () => operations.examOfStudy(db, { studyInstanceUID: "2.25.1" }),
    "the exams of documents": () => operations.examsOfDocuments(db, { documentIds: ["1.2"] }),
    "exams that are due": () =>
      operations.dueExams(db, { state: "published", now: at, horizon: new Date(8.64e15), limit: 10 }),
    "when the next is due": () => operations.nextDue(db, { state: "published", after: at }),
    "the messages of an exam": () => operations.messagesOfExam(db, { examId: 1 }),
    "the same, for a person": () => operations.messagesShown(db, { examId: 1 }),
    "messages that end a report": () => operations.messagesEnding(db, { documentId: "1.2" }),
    "reports of an exam that are set aside": () => operations.reportsSetAside(db, { examId: 1 }),
    "orders and notes of a study": () => operations.evidenceOfStudy(db, { studyInstanceUID: "2.25.1" }),
    "the latest submission": () => operations.latestSubmission(db, { examId: 1 }),
    "an attempt of a submission": () => {
      db.exec(`INSERT INTO exam (id, structure, study_uid, accessions, state, record, cause, since, created_at, updated_at)
                 VALUES (1, '', '', '[]', 'publishing', 'unsure', 'report', 0, 0, 0);
               INSERT INTO submission (id, exam_id, sop_instance_uid, manifest, manifest_at, instance_count, envelope, state,
                                       created_at) VALUES (1, 1, '', x'', 0, 0, '', 'pending', 0)`);
      operations.markAttempt(db, { submissionId: 1, examId: 1, revision: 0, at });
    },
    "the one in the record": () => operations.currentSubmission(db, { examId: 1 }),
    "a timeline": () => operations.timeline(db, { examId: 1 }),
    "a step of an exam": () => {
      db.exec(`INSERT INTO exam (id, structure, study_uid, accessions, state, record, cause, since, created_at, updated_at)
                 VALUES (1, '', '', '[]', 'searching', 'absent', 'report', 0, 0, 0)`);
      const setAside = { messageId: 1, aside: true };
      const settle = { state: "accepted" } as const;
      const event = { at, kind: "published" };
      operations.advanceExam(db, { examId: 1, revision: 0, to: "published", attempts: 0, settle, setAside, event });
    },
    "a page of exams": () => operations.exams(db, { limit: 50 }),
    "a page of those in a state": () => operations.exams(db, { state: "parked", limit: 50 }),
    "a page of those with a code": () => operations.exams(db, { code: "PACS_TIMEOUT", limit: 50 }),
    "a search by the beginning of an identifier": () => operations.exams(db, { text: "ACC-1", limit: 50 }),
    "a page of those in the record": () => operations.examsInRecord(db, { after: 0, limit: 50 }),
    "a job over all of them": () => operations.startJob(db, { kind: "resync", parameters: {}, at }),
    counts: () => operations.counts(db),
  };

  it.each(Object.entries(asked))("walks over no table that grows: %s", (_name, ask) => {
    const prepare = vi.spyOn(db, "prepare");
    ask();
    const statements = prepare.mock.calls.map(([sql]) => sql);
    prepare.mockRestore();
    expect(statements.length).toBeGreaterThan(0);
    const scans = statements.flatMap((sql) => plan(db, sql).filter((line) => SCAN_OF_WHAT_GROWS.test(line)));
    expect(scans).toEqual([]);
  });

  it("would notice one that does", () => {
    const lines = plan(db, "SELECT state, count(*) FROM exam GROUP BY state");
    expect(lines.some((line) => SCAN_OF_WHAT_GROWS.test(line))).toBe(true);
  });
});

describe("the counts", () => {
  const openings = fc.array(fc.record({ state: fc.constantFrom(...STATES), coded: fc.boolean() }), { maxLength: 6 });
  const steps = fc.array(
    fc.record({
      exam: fc.nat(5),
      to: fc.constantFrom(...STATES),
      record: fc.constantFrom(...RECORDS),
      coded: fc.boolean(),
      later: fc.boolean(),
    }),
    { maxLength: 20 },
  );
  const messages = fc.array(fc.constantFrom("received", "refused", "opened", "unreadable"), { maxLength: 8 });
  let last = 0;

  it("are those of a recount, whatever happened", () => {
    fc.assert(
      fc.property(openings, steps, messages, (opened, taken, arrived) => {
        for (const kind of arrived) arrive(kind);
        open(opened);
        const ids = all<{ id: number }>(db, "SELECT id FROM exam ORDER BY id DESC LIMIT 6");
        for (const { exam, to, record, coded, later } of taken) {
          const known = operations.exam(db, { id: ids[exam]?.id ?? 0 });
          if (known === undefined) continue;
          const { id: examId, revision } = known;
          const event = { at, kind: "step" };
          const rest = { attempts: 0, event, ...(coded && { reason }), ...(later && { nextAt: at }) };
          operations.advanceExam(db, { examId, revision, to, record, ...rest });
        }
        expect(operations.counts(db)).toEqual(recount(db));
      }),
      { numRuns: 60 },
    );
  });

  it("follow what is undone, and what is deleted", () => {
    expect(() =>
      db.transaction(() => {
        open([{ state: "parked", coded: true }]);
        throw new Error("undone");
      })(),
    ).toThrow("undone");
    expect(operations.counts(db)).toEqual(recount(db));
    open([{ state: "parked", coded: true }]);
    for (const table of ["event", "exam_report", "exam_key", "exam"]) db.exec(`DELETE FROM ${table}`);
    expect(operations.counts(db)).toEqual(recount(db));
    expect(operations.counts(db).exams.parked).toBe(0);
  });

  function arrive(kind: string): number {
    const one = message(`M${++last}`);
    const { id } = operations.recordMessage(db, kind === "refused" ? { ...one, refusal: "HL7_VERSION" } : one);
    if (kind === "unreadable") operations.setMessageAside(db, { id, code: "CDA_NOT_XML" });
    if (kind === "opened") operations.openMessage(db, { messageId: id, at, content: content(), exams: [] });
    return id;
  }

  function open(exams: readonly { readonly state: ExamState; readonly coded: boolean }[]): void {
    operations.openMessage(db, {
      messageId: arrive("received"),
      at,
      content: content(),
      exams: exams.map(({ state, coded }) => ({
        structure: "880000001",
        studyInstanceUID: `2.25.${++last}`,
        accessions: [],
        keys: ["IPP-1"],
        state,
        cause: "report",
        nextAt: at,
        ...(coded && { reason }),
        event: { at, kind: "opened" },
      })),
    });
  }
});

const reason = { code: "SOURCE_MISMATCH" };
const content = () =>
  ({
    kind: "report",
    documentId: "1.2",
    documentDigest: Buffer.alloc(32),
    action: "create",
    substance: Buffer.alloc(0),
    ends: [],
  }) as const;
const message = (controlId: string) => ({
  kind: "hl7" as const,
  receivedAt: at,
  sender: "RIS|SITE",
  controlId,
  digest: Buffer.alloc(32),
  peer: "127.0.0.1",
  bytes: Buffer.alloc(0),
  answer: Buffer.alloc(0),
});

/** Of the tables that grow, with the names that the queries give them. */
const SCAN_OF_WHAT_GROWS = /^SCAN (exam|message|report|submission|event|exam_report|exam_key|evidence|m|r|er|e|x)\b/;

function plan(database: Database, sql: string): string[] {
  const statement = database.prepare(`EXPLAIN QUERY PLAN ${sql}`);
  const unknown = sql.match(/\?/g)?.map(() => null) ?? [];
  return (statement.all(...unknown) as { detail: string }[]).map(({ detail }) => detail);
}

/** What the counts must be, counted. */
function recount(database: Database): Counts {
  const n = (sql: string) => first<{ n: number }>(database, `SELECT count(*) AS n FROM ${sql}`)?.n ?? 0;
  const min = first<{ at: number | null }>(
    database,
    `SELECT min(at) AS at FROM (SELECT received_at AS at FROM message WHERE state = 'received' UNION ALL
       SELECT since FROM exam WHERE state IN ('searching', 'publishing') AND next_at IS NOT NULL)`,
  );
  const exams = Object.fromEntries(STATES.map((state) => [state, n(`exam WHERE state = '${state}'`)]));
  const kinds = ["received", "opened", "refused", "unreadable"] as const;
  return {
    exams: exams as Counts["exams"],
    messages: Object.fromEntries(kinds.map((one) => [one, n(`message WHERE state = '${one}'`)])) as Counts["messages"],
    flagged: n("exam WHERE state = 'published' AND code IS NOT NULL"),
    parkedInRecord: n("exam WHERE state = 'parked' AND record <> 'absent'"),
    oldestWork: min?.at == null ? undefined : new Date(min.at),
    lastMessageAt: n("message") === 0 ? undefined : at,
  };
}
