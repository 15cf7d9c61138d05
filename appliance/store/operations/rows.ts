import type { Database, Statement } from "better-sqlite3";

const prepared = new WeakMap<Database, Map<string, Statement>>();

/** The prepared statement of `sql`, compiled once for each database. */
export function statement(db: Database, sql: string): Statement {
  let statements = prepared.get(db);
  if (statements === undefined) {
    statements = new Map();
    prepared.set(db, statements);
  }
  let found = statements.get(sql);
  if (found === undefined) {
    found = db.prepare(sql);
    statements.set(sql, found);
  }
  return found;
}

/** The rows of a query, as the type that its column list spells out. */
export function all<Row>(db: Database, sql: string, ...parameters: unknown[]): Row[] {
  return statement(db, sql).all(...parameters) as Row[];
}

/** The first row of a query. */
export function first<Row>(db: Database, sql: string, ...parameters: unknown[]): Row | undefined {
  return statement(db, sql).get(...parameters) as Row | undefined;
}

/** Runs a write; gives the changed-row count and the new row's id. */
export function run(db: Database, sql: string, ...parameters: unknown[]): { changes: number; id: number } {
  const { changes, lastInsertRowid } = statement(db, sql).run(...parameters);
  return { changes, id: Number(lastInsertRowid) };
}

/** JSON for a column, or NULL. */
export function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A time column as a Date. */
export function time(value: number | null): Date | undefined {
  return value === null ? undefined : new Date(value);
}
