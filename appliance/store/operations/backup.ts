import { closeSync, fdatasyncSync, openSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { storeErrors } from "../errors.ts";
import { all } from "./rows.ts";

/** Pages copied before the thread looks at its other work again: 1 MB, a few milliseconds. */
const PAGES_A_STEP = 64;
/**
 * Steps between two flushes of the copy. Left to the end, its one flush would hold every commit for as long as the disk
 * needs for the whole database; 16 MB are a tenth of a second on a slow one.
 */
const STEPS_A_FLUSH = 16;

/**
 * What takes longer than a transaction may: each runs beside the operations, between their commits, and outside any
 * transaction.
 */
export const tasks = { snapshot, inspect };

export interface SnapshotInput {
  /** Where the copy goes: a path where nothing stands. */
  readonly file: string;
  /** Set to anything but 0 by another thread, it ends the copy. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
}

/**
 * Copies the database while it is used; the copy is of the instant at which it ends (SQLite's online backup). What was
 * copied stays behind when it fails or is cancelled (STORE_UNAVAILABLE), for the caller to remove.
 */
async function snapshot(db: Database, { file, cancelled }: SnapshotInput): Promise<void> {
  let steps = 0;
  await db.backup(file, {
    progress() {
      if (Atomics.load(cancelled, 0) !== 0)
        throw storeErrors.fault("STORE_UNAVAILABLE", { details: { reason: "cancelled" } });
      if (++steps % STEPS_A_FLUSH === 0) flush(file);
      return PAGES_A_STEP;
    },
  });
}

function flush(file: string): void {
  const descriptor = openSync(file, "r+");
  try {
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Walks the whole database, which may take minutes: for a copy. Throws STORE_CORRUPT when it is damaged. */
function inspect(db: Database): { readonly schema: number } {
  const problems = all<{ integrity_check: string }>(db, "PRAGMA integrity_check(1)");
  if (problems[0]?.integrity_check !== "ok") throw storeErrors.fault("STORE_CORRUPT");
  return { schema: db.pragma("user_version", { simple: true }) as number };
}
