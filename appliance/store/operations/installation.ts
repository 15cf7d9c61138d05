import type { Database } from "better-sqlite3";
import { first, run } from "./rows.ts";

/** A fact about this installation, as text. */
export function installation(db: Database, input: { readonly key: string }): string | undefined {
  return first<{ value: string }>(db, "SELECT value FROM installation WHERE key = ?", input.key)?.value;
}

export function setInstallation(db: Database, input: { readonly key: string; readonly value: string }): void {
  const sql =
    "INSERT INTO installation (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
  run(db, sql, input.key, input.value);
}
