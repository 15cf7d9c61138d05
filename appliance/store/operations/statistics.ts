import type { Database } from "better-sqlite3";
import type { NewStatistic, Statistic, StatisticFacts, StatisticStatus, StatisticsPage } from "../model/statistics.ts";
import { all, json, run } from "./rows.ts";

/** Adds lines to count; inside the transaction of what they tell of. */
export function addStatistics(db: Database, lines: readonly NewStatistic[]): void {
  for (const { at, kind, status, code, facts } of lines) {
    run(
      db,
      "INSERT INTO statistic (at, kind, status, code, facts) VALUES (?, ?, ?, ?, ?)",
      at.getTime(),
      kind,
      status,
      code ?? null,
      json(facts),
    );
  }
}

interface StatisticRow {
  id: number;
  at: number;
  kind: string;
  status: StatisticStatus;
  code: string | null;
  facts: string | null;
}

/** A page of the lines of a period, in the order of time. */
export function statistics(db: Database, { from, to, after, limit }: StatisticsPage): Statistic[] {
  return all<StatisticRow>(
    db,
    "SELECT * FROM statistic WHERE (at, id) > (?, ?) AND at < ? ORDER BY at, id LIMIT ?",
    after?.at.getTime() ?? from.getTime(),
    after?.id ?? 0,
    to.getTime(),
    limit,
  ).map(({ id, at, kind, status, code, facts }) => ({
    id,
    at: new Date(at),
    kind,
    status,
    ...(code !== null && { code }),
    ...(facts !== null && { facts: JSON.parse(facts) as StatisticFacts }),
  }));
}
