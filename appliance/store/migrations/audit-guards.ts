/**
 * The audit trail holds against more than a bug: a purge is believed when the records say the same, its index says what
 * the records say, the export remembers what it has sent. Times are compared with the clock of the machine.
 */
export const auditGuardsMigration = `
  -- A purge is told before it is done, and every word of it is compared with the records that it is about.
  CREATE TRIGGER audit_purge BEFORE INSERT ON audit
    WHEN NEW.body ->> '$.event' = 'audit-purged' AND NOT coalesce(
      NEW.body ->> '$.at' BETWEEN
        (SELECT coalesce(max(at), 0) FROM audit WHERE event = 'audit-purged') AND unixepoch('subsec') * 1000
      AND NEW.body ->> '$.facts.first' = (SELECT min(seq) FROM audit)
      AND NEW.body ->> '$.facts.newest' < NEW.body ->> '$.at' - 31536000000
      AND NEW.body ->> '$.facts.newest' = (SELECT max(at) FROM audit WHERE seq <= NEW.body ->> '$.facts.last')
      AND NEW.body ->> '$.facts.hash' = (SELECT lower(hex(hash)) FROM audit WHERE seq = NEW.body ->> '$.facts.last'), 0)
    BEGIN SELECT RAISE(ABORT, 'a purge is not as it says'); END;

  -- The oldest record goes, once the last purge tells that it went, and never before a year (31 536 000 s) by the clock.
  DROP TRIGGER audit_delete;
  CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    WHEN NOT coalesce(
      OLD.seq = (SELECT min(seq) FROM audit)
      AND OLD.body ->> '$.at' < unixepoch('subsec') * 1000 - 31536000000
      AND OLD.seq <= (SELECT body ->> '$.facts.last' FROM audit WHERE event = 'audit-purged' ORDER BY seq DESC LIMIT 1), 0)
    BEGIN SELECT RAISE(ABORT, 'an audit record is kept'); END;

  CREATE INDEX audit_key_seq ON audit_key (seq);
  CREATE TRIGGER audit_key_insert BEFORE INSERT ON audit_key
    WHEN NOT EXISTS (
      SELECT 1 FROM audit, json_each(body, CASE NEW.kind WHEN 'patient' THEN '$.patients' WHEN 'user' THEN '$.users'
                                                         WHEN 'study' THEN '$.studies' ELSE '$.documents' END) AS one
       WHERE audit.seq = NEW.seq AND NEW.value = CASE one.type WHEN 'object' THEN one.value ->> '$.id' ELSE one.value END)
    BEGIN SELECT RAISE(ABORT, 'an audit record is found by what it says'); END;

  -- What the outside repository has taken, so that a trail whose end was cut off since is known.
  ALTER TABLE audit_export ADD COLUMN hash BLOB;
  UPDATE audit_export SET hash = (SELECT hash FROM audit WHERE audit.seq = audit_export.seq);
`;
