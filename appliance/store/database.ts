import Database from "better-sqlite3";
import { storeErrors } from "./errors.ts";
import { migrations } from "./schema.ts";

/**
 * Reports of a megabyte are what is written most: large pages and a checkpoint every 4 MB keep the longest commit of one
 * at 19 ms, where 4 kB pages and 16 MB take 52 ms (measured, 100 commits of 1.3 MB, synchronous=FULL).
 */
const PAGE_BYTES = 16_384;
const CHECKPOINT_PAGES = 256;
/** A box that has just been killed may leave its lock for a moment. */
const LOCK_WAIT_MS = 2000;
/** The WAL file is cut back to this after a checkpoint. */
const WAL_KEPT_BYTES = 64 * 1024 * 1024;

/**
 * Opens (or creates) the database and brings its schema up to date, each migration in one transaction.
 * `synchronous=FULL`: a commit is on the disk when it returns, which is what an AA promises. Rejects damage of what every
 * step rests on (STORE_CORRUPT); the whole of a database is inspected at each backup (`inspect`), on the copy.
 */
export function openDatabase(file: string): Database.Database {
  const db = new Database(file, { timeout: LOCK_WAIT_MS });
  try {
    prepare(db);
    return db;
  } catch (error) {
    // Closed before anybody is told: the end of the thread would do it later, and remove a log that may be another's.
    db.close();
    throw error;
  }
}

function prepare(db: Database.Database): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  // Held until the process ends, however it ends: two boxes on one store would publish twice.
  db.pragma("locking_mode = EXCLUSIVE");
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("trusted_schema = OFF");
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`);
  migrate(db);
  inspectExams(db);
}

/**
 * The exams alone: 2.3 s for a million of them, where the whole takes 9 s without the reports' content (measured), and more
 * with each report.
 */
function inspectExams(db: Database.Database): void {
  if (db.pragma("quick_check(exam)", { simple: true }) !== "ok") throw storeErrors.fault("STORE_CORRUPT");
}

function migrate(db: Database.Database): void {
  const found = db.pragma("user_version", { simple: true }) as number;
  if (found > migrations.length) {
    throw storeErrors.fault("STORE_NEWER", { details: { found, known: migrations.length } });
  }
  // A table that is rebuilt is dropped while others refer to it; what they refer to is checked at the end instead.
  db.pragma("foreign_keys = OFF");
  for (const [index, sql] of migrations.entries()) {
    if (index < found) continue;
    db.transaction(() => {
      db.exec(sql);
      const broken = db.pragma("foreign_key_check") as unknown[];
      if (broken.length > 0) throw storeErrors.fault("STORE_CORRUPT");
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
  db.pragma("foreign_keys = ON");
}
