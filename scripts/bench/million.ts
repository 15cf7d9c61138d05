/** A store with many exams that are done: what years of a large practice leave. */
import Database from "better-sqlite3";
import { openStore } from "../../appliance/store/index.ts";

export const MILLION = 1_000_000;
const DAY_MS = 24 * 3600 * 1000;
const FIRST = Date.UTC(2020, 0, 1);
/** An exam a minute: two years of it. */
const SPACING_MS = 60_000;

/** Creates `file` with `exams` published exams, each with its message, report, keys, submission and timeline. */
export async function fillDoneExams(file: string, exams = MILLION): Promise<void> {
  await (await openStore(file)).close();
  const db = new Database(file);
  try {
    db.pragma("synchronous = OFF");
    db.transaction(() => {
      for (const sql of rows) db.prepare(sql).run({ exams, first: FIRST, spacing: SPACING_MS, day: DAY_MS });
    })();
    db.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

/** Identifiers of the `n`th exam, as the store has them. */
export const studyOf = (n: number) => `1.2.250.1.213.4.5.${n * 7919}.2`;
export const accessionOf = (n: number) => `ACC-${2020 + (n % 7)}-${String(n).padStart(7, "0")}`;
export const patientOf = (n: number) => `IPP${String((n * 31) % 400_000).padStart(8, "0")}`;
export const documentOf = (n: number) => `1.2.250.1.999.3.${n}`;

const NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @exams)";
const AT = "@first + i * @spacing";
const STUDY = "'1.2.250.1.213.4.5.' || (i * 7919) || '.2'";
const ACCESSION = "printf('ACC-%d-%07d', 2020 + i % 7, i)";
const PATIENT = "printf('IPP%08d', (i * 31) % 400000)";
const DOCUMENT = "'1.2.250.1.999.3.' || i";

const rows = [
  `INSERT INTO message (id, received_at, sender, control_id, digest, peer, state, answer, bytes) ${NUMBERS}
     SELECT i, ${AT}, 'RIS|SITE', 'M' || i, randomblob(32), '10.0.0.1', 'opened', zeroblob(120), zeroblob(400) FROM n`,
  `INSERT INTO report (id, message_id, document_id, document_digest, received_at) ${NUMBERS}
     SELECT i, i, ${DOCUMENT}, randomblob(32), ${AT} FROM n`,
  `INSERT INTO exam (id, structure, study_uid, ipp, ipp_oid, accessions, state, record, cause, checks, since, created_at,
                     updated_at, revision) ${NUMBERS}
     SELECT i, '880000001', ${STUDY}, ${PATIENT}, '1.2.250.1.999.1', json_array(${ACCESSION}), 'published', 'present',
            'report', 3, ${AT}, ${AT}, ${AT} + 3 * @day, 6 FROM n`,
  `INSERT INTO exam_report (exam_id, report_id) ${NUMBERS} SELECT i, i FROM n`,
  `INSERT INTO exam_key (value, exam_id) ${NUMBERS}
     SELECT v, i FROM (SELECT ${ACCESSION} AS v, i FROM n UNION ALL SELECT ${PATIENT}, i FROM n
                       UNION ALL SELECT ${DOCUMENT}, i FROM n) ORDER BY v, i`,
  `INSERT INTO submission (exam_id, kind, sop_instance_uid, manifest, manifest_at, version, instance_count, basis,
                           envelope, state, entry_uuid, created_at, settled_at) ${NUMBERS}
     SELECT i, 'provide', '2.25.' || i, zeroblob(400), ${AT}, 1, 400, hex(randomblob(16)), '{}', 'accepted',
            'urn:uuid:' || hex(randomblob(16)), ${AT}, ${AT} FROM n`,
  `INSERT INTO event (exam_id, message_id, at, kind) ${NUMBERS}
     SELECT i, iif(k = 'opened', i, NULL), ${AT}, k
       FROM n, (SELECT 'opened' AS k UNION ALL SELECT 'prepared' UNION ALL SELECT 'published') ORDER BY i`,
];
