/**
 * What keeps the cost of a call the same however many exams there are: indexes, and counts that triggers keep, each
 * within the transaction of what it counts. A migration that makes `exam` or `message` anew drops their triggers and
 * must create them again.
 */
export const talliesMigration = `
  -- How many exams stand in each state, by what the record holds of them and by whether they bear a code.
  CREATE TABLE exam_tally (
    state TEXT NOT NULL,
    record TEXT NOT NULL,
    coded INTEGER NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (state, record, coded)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO exam_tally SELECT state, record, code IS NOT NULL, count(*) FROM exam GROUP BY 1, 2, 3;

  CREATE TRIGGER exam_tally_insert AFTER INSERT ON exam BEGIN
    INSERT INTO exam_tally VALUES (NEW.state, NEW.record, NEW.code IS NOT NULL, 1) ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER exam_tally_update AFTER UPDATE OF state, record, code ON exam
    WHEN (OLD.state, OLD.record, OLD.code IS NULL) <> (NEW.state, NEW.record, NEW.code IS NULL) BEGIN
    UPDATE exam_tally SET n = n - 1 WHERE (state, record, coded) = (OLD.state, OLD.record, OLD.code IS NOT NULL);
    INSERT INTO exam_tally VALUES (NEW.state, NEW.record, NEW.code IS NOT NULL, 1) ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER exam_tally_delete AFTER DELETE ON exam BEGIN
    UPDATE exam_tally SET n = n - 1 WHERE (state, record, coded) = (OLD.state, OLD.record, OLD.code IS NOT NULL);
  END;

  CREATE TABLE message_tally (
    state TEXT PRIMARY KEY,
    n INTEGER NOT NULL CHECK (n >= 0)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO message_tally SELECT state, count(*) FROM message GROUP BY 1;

  CREATE TRIGGER message_tally_insert AFTER INSERT ON message BEGIN
    INSERT INTO message_tally VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER message_tally_update AFTER UPDATE OF state ON message WHEN OLD.state <> NEW.state BEGIN
    UPDATE message_tally SET n = n - 1 WHERE state = OLD.state;
    INSERT INTO message_tally VALUES (NEW.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
  END;
  CREATE TRIGGER message_tally_delete AFTER DELETE ON message BEGIN
    UPDATE message_tally SET n = n - 1 WHERE state = OLD.state;
  END;

  -- A message that is deleted (an old refusal) is looked for in those that may refer to it.
  CREATE INDEX event_message ON event (message_id) WHERE message_id IS NOT NULL;
  CREATE INDEX evidence_message ON evidence (message_id);

  -- The oldest of the work that somebody waits for.
  CREATE INDEX exam_waiting ON exam (since) WHERE next_at IS NOT NULL AND state IN ('searching', 'publishing');
`;
