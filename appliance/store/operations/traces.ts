import type { Database } from "better-sqlite3";
import type { Traces } from "../model/traces.ts";
import { appendAuditRecords } from "./audit.ts";
import { addStatistics } from "./statistics.ts";

/** Keeps what a step leaves for the auditor and the statistics, within its transaction. */
export function keepTraces(db: Database, { audit, statistics }: Traces): void {
  appendAuditRecords(db, audit ?? []);
  addStatistics(db, statistics ?? []);
}
