/**
 * The schema as an ordered list of migrations. `PRAGMA user_version` is the number of those applied.
 * A migration that has shipped is never edited: the next change is a new one.
 *
 * Times are milliseconds since 1970 (UTC). JSON columns hold small facts that are shown, never searched.
 */
export const migrations: readonly string[] = [
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
];
