/**
 * The audit trail and the statistics.
 *
 * What is searched in the trail is computed from `body`, the text that is sealed by `hash`: a column cannot say anything
 * else than the record. The triggers hold against a bug of ours; the chain (operations/audit.ts) tells of the rest.
 */
export const auditMigration = `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    at INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.at') VIRTUAL,
    event TEXT NOT NULL GENERATED ALWAYS AS (body ->> '$.event') VIRTUAL,
    outcome INTEGER NOT NULL GENERATED ALWAYS AS (body ->> '$.outcome') VIRTUAL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at);
  CREATE INDEX audit_event ON audit (event);
  CREATE INDEX audit_failure ON audit (seq) WHERE outcome <> 0;

  -- The persons, studies and documents that a record names.
  CREATE TABLE audit_key (
    kind TEXT NOT NULL CHECK (kind IN ('patient', 'user', 'study', 'document')),
    value TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (kind, value, seq)
  ) STRICT, WITHOUT ROWID;

  -- Also against INSERT OR REPLACE, which deletes without asking the triggers.
  CREATE TRIGGER audit_append BEFORE INSERT ON audit
    WHEN NEW.seq <> coalesce((SELECT max(seq) FROM audit), 0) + 1
    BEGIN SELECT RAISE(ABORT, 'the audit trail only grows at its end'); END;
  CREATE TRIGGER audit_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'an audit record never changes'); END;
  -- A record goes once a later one tells that it went, and never before a year (31 536 000 s), whatever the settings.
  CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    WHEN NOT EXISTS (SELECT 1 FROM audit WHERE event = 'audit-purged' AND OLD.seq <= body ->> '$.facts.last'
                        AND OLD.at < at - 31536000000)
    BEGIN SELECT RAISE(ABORT, 'an audit record is kept'); END;
  CREATE TRIGGER audit_key_update BEFORE UPDATE ON audit_key
    BEGIN SELECT RAISE(ABORT, 'an audit record never changes'); END;
  CREATE TRIGGER audit_key_delete BEFORE DELETE ON audit_key
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = OLD.seq)
    BEGIN SELECT RAISE(ABORT, 'an audit record is kept'); END;

  -- The last record that the outside repository has taken.
  CREATE TABLE audit_export (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;

  -- One line an event, without identities.
  CREATE TABLE statistic (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('succes', 'erreur')),
    code TEXT,
    facts TEXT
  ) STRICT;
  CREATE INDEX statistic_at ON statistic (at);
`;
