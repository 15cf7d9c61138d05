import { auditMigration } from "./migrations/audit.ts";
import { auditGuardsMigration } from "./migrations/audit-guards.ts";
import { talliesMigration } from "./migrations/tallies.ts";

/**
 * The schema as an ordered list of migrations. `PRAGMA user_version` is the number of those applied.
 * A migration that has shipped is never edited: the next change is a new one.
 *
 * Times are milliseconds since 1970 (UTC). JSON columns hold small facts that are shown, never searched.
 */
export const migrations: readonly string[] = [
  // 1: a new report becomes a published manifest.
  `
  -- Every HL7 message that was answered, as it came; what was accepted waits here until it is opened. The content
  -- stands last: what is counted and listed is read without walking over it.
  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    sender TEXT NOT NULL,
    control_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    peer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'opened', 'refused', 'unreadable')),
    code TEXT,
    answer BLOB NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (sender, control_id, digest)
  ) STRICT;
  CREATE INDEX message_state ON message (state, id);
  CREATE INDEX message_received ON message (received_at);

  -- One report (CDA) of a message.
  CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id),
    document_id TEXT NOT NULL,
    document_digest BLOB NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX report_document ON report (document_id);

  -- One study: the unit of work. next_at is set while the box has something to do by itself; since is when it was last
  -- asked for, by a report or by a person.
  CREATE TABLE exam (
    id INTEGER PRIMARY KEY,
    structure TEXT NOT NULL,
    study_uid TEXT NOT NULL,
    ipp TEXT,
    ipp_oid TEXT,
    accessions TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('searching', 'publishing', 'published', 'parked', 'closed')),
    code TEXT,
    compared TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (study_uid)
  ) STRICT;
  CREATE INDEX exam_due ON exam (state, next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX exam_state ON exam (state);

  CREATE TABLE exam_report (
    exam_id INTEGER NOT NULL REFERENCES exam (id),
    report_id INTEGER NOT NULL REFERENCES report (id),
    PRIMARY KEY (exam_id, report_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX exam_report_report ON exam_report (report_id);

  -- A manifest as built, and the submission that carries it: the same content goes out at every attempt. The manifest's
  -- identifier follows from its content: a retry within the same second makes the same one again.
  CREATE TABLE submission (
    id INTEGER PRIMARY KEY,
    exam_id INTEGER NOT NULL REFERENCES exam (id),
    sop_instance_uid TEXT NOT NULL,
    manifest BLOB NOT NULL,
    manifest_at INTEGER NOT NULL,
    instance_count INTEGER NOT NULL,
    envelope TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'refused')),
    entry_uuid TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER
  ) STRICT;
  CREATE INDEX submission_exam ON submission (exam_id, id);

  -- What happened, for a person: the timeline of an exam.
  CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    exam_id INTEGER REFERENCES exam (id),
    message_id INTEGER REFERENCES message (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    code TEXT,
    facts TEXT
  ) STRICT;
  CREATE INDEX event_exam ON event (exam_id, id);

  -- The latest time of day that the box has seen. Each beat changes the row, so that each beat is a commit.
  CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL,
    writes INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  `,
  // 2: the whole life of a manifest, orders and rejection notes, tools.
  `
  -- hl7: reports and orders; dicom: rejection notes.
  ALTER TABLE message ADD COLUMN kind TEXT NOT NULL DEFAULT 'hl7' CHECK (kind IN ('hl7', 'dicom'));

  -- A report may have come by an archive that was imported, without its message.
  CREATE TABLE report_2 (
    id INTEGER PRIMARY KEY,
    message_id INTEGER REFERENCES message (id),
    document_id TEXT NOT NULL,
    document_digest BLOB NOT NULL,
    action TEXT NOT NULL DEFAULT 'create' CHECK (action IN ('create', 'replace', 'delete')),
    received_at INTEGER NOT NULL
  ) STRICT;
  INSERT INTO report_2 (id, message_id, document_id, document_digest, received_at)
    SELECT id, message_id, document_id, document_digest, received_at FROM report;
  DROP TABLE report;
  ALTER TABLE report_2 RENAME TO report;
  CREATE INDEX report_document ON report (document_id);
  CREATE INDEX report_message ON report (message_id);

  -- The documents that a report ends: those it replaces, the one it deletes. They may be unknown, or come later.
  CREATE TABLE report_end (
    document_id TEXT NOT NULL,
    report_id INTEGER NOT NULL REFERENCES report (id),
    PRIMARY KEY (document_id, report_id)
  ) STRICT, WITHOUT ROWID;

  -- record: what the national record holds of it (unsure: the last answer was lost). cause: why it is looked at.
  -- checks: looks since it was published. withheld: a person keeps it out of the record.
  CREATE TABLE exam_2 (
    id INTEGER PRIMARY KEY,
    structure TEXT NOT NULL,
    study_uid TEXT NOT NULL,
    ipp TEXT,
    ipp_oid TEXT,
    accessions TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('searching', 'checking', 'publishing', 'published', 'parked', 'closed')),
    record TEXT NOT NULL CHECK (record IN ('absent', 'unsure', 'present')),
    cause TEXT NOT NULL,
    checks INTEGER NOT NULL DEFAULT 0,
    withheld INTEGER NOT NULL DEFAULT 0,
    code TEXT,
    compared TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0,
    UNIQUE (study_uid)
  ) STRICT;
  INSERT INTO exam_2 (id, structure, study_uid, ipp, ipp_oid, accessions, state, record, cause, code, compared, attempts,
                      next_at, since, created_at, updated_at, revision)
    SELECT id, structure, study_uid, ipp, ipp_oid, accessions, state,
           CASE WHEN state = 'published' THEN 'present'
                WHEN EXISTS (SELECT 1 FROM submission WHERE exam_id = exam.id) THEN 'unsure' ELSE 'absent' END,
           'report', code, compared, attempts, next_at, since, created_at, updated_at, revision FROM exam;
  DROP TABLE exam;
  ALTER TABLE exam_2 RENAME TO exam;
  CREATE INDEX exam_due ON exam (state, next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX exam_state ON exam (state, id);
  CREATE INDEX exam_code ON exam (code, id) WHERE code IS NOT NULL;

  -- A message that a person has set aside speaks for the exam no more.
  ALTER TABLE exam_report ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;

  -- Orders and rejection notes, by the studies that they name. settled: the PACS no longer lists what the note rejects;
  -- from then on what it lists is the truth again.
  CREATE TABLE evidence (
    study_uid TEXT NOT NULL,
    message_id INTEGER NOT NULL REFERENCES message (id),
    set_aside INTEGER NOT NULL DEFAULT 0,
    settled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_uid, message_id)
  ) STRICT, WITHOUT ROWID;

  -- What an exam is looked up by besides its study: patient identifiers, accession and order numbers, documents.
  CREATE TABLE exam_key (
    value TEXT NOT NULL,
    exam_id INTEGER NOT NULL REFERENCES exam (id),
    PRIMARY KEY (value, exam_id)
  ) STRICT, WITHOUT ROWID;

  INSERT OR IGNORE INTO exam_key (value, exam_id) SELECT ipp, id FROM exam WHERE ipp IS NOT NULL;
  INSERT OR IGNORE INTO exam_key (value, exam_id)
    SELECT accession.value, exam.id FROM exam, json_each(exam.accessions) AS accession;
  INSERT OR IGNORE INTO exam_key (value, exam_id)
    SELECT report.document_id, exam_report.exam_id FROM exam_report JOIN report ON report.id = exam_report.report_id;

  -- kind: what is asked of the record. basis: the reports it was made from, to know whether they have changed; of a
  -- withdrawal, its reason. pacs: where the images are. attempted_at: when it was last sent; never, when NULL.
  ALTER TABLE submission ADD COLUMN kind TEXT NOT NULL DEFAULT 'provide' CHECK (kind IN ('provide', 'replace', 'withdraw'));
  ALTER TABLE submission ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE submission ADD COLUMN basis TEXT NOT NULL DEFAULT '';
  ALTER TABLE submission ADD COLUMN pacs TEXT NOT NULL DEFAULT '';
  ALTER TABLE submission ADD COLUMN attempted_at INTEGER;
  UPDATE submission SET attempted_at = created_at;

  -- Work that a person asked for and that takes long: it goes on from its cursor after a restart.
  CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    cursor INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL,
    results TEXT NOT NULL DEFAULT '{}',
    code TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX job_state ON job (state);

  -- Facts about this installation: when it was restored from a backup, which address its manifests bear.
  CREATE TABLE installation (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // 3: the audit trail, statistics.
  auditMigration,
  // 4: the same cost whatever the number of exams.
  talliesMigration,
  // 5: which sendings of one document say the same.
  `
  -- substance: digest of what a message says of its document besides its content: flags, patient, sender, visit. sent_at:
  -- the time at which its sender says that it was sent. NULL for what came before this version.
  ALTER TABLE report ADD COLUMN substance BLOB;
  ALTER TABLE report ADD COLUMN sent_at INTEGER;
  `,
  // 6: the facts of the code that a job failed with: its sentence is filled with them.
  `
  ALTER TABLE job ADD COLUMN details TEXT;
  `,
  // 7: the audit trail holds against forged purges, a false index, an end cut off.
  auditGuardsMigration,
  // 8: what a job has found out, for a person: JSON.
  `
  ALTER TABLE job ADD COLUMN found TEXT;
  `,
];
