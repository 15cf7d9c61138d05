import { Readable } from "node:stream";
import { type Static, Type } from "typebox";
import { readTime } from "../base/index.ts";
import type { Statistic, Store } from "../store/index.ts";
import { csv } from "./csv.ts";
import { statisticsErrors } from "./errors.ts";
import { projectModelStat } from "./model-stat.ts";
import { xlsx } from "./xlsx.ts";

/** Lines of one question to the store. */
const PAGE = 1000;

const day = () => Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });

/** The query string of an export: days of the site, both included. */
export const statisticsQuery = Type.Object({
  from: day(),
  to: day(),
  format: Type.Union([Type.Literal("csv"), Type.Literal("xlsx")], { default: "csv" }),
  separator: Type.Union([Type.Literal(","), Type.Literal(";")], { default: ";" }),
});
export type StatisticsQuery = Static<typeof statisticsQuery>;

export interface ExportedStatistics {
  readonly contentType: string;
  readonly fileName: string;
  /** Made while it is read; fails with STATISTICS_* or STORE_*. */
  readonly content: Readable;
}

/** The lines of a period in the order of time, a page in memory at a time. */
export async function* linesOf(
  store: Pick<Store, "statistics">,
  period: { readonly from: Date; readonly to: Date },
): AsyncGenerator<Statistic> {
  let after: { at: Date; id: number } | undefined;
  for (;;) {
    const lines = await store.statistics({ ...period, ...(after !== undefined && { after }), limit: PAGE });
    yield* lines;
    after = lines.at(-1);
    if (after === undefined || lines.length < PAGE) return;
  }
}

/** The figures of a period as a file of ModelStat; STATISTICS_PERIOD_INVALID at once. `timeZone` is the site's. */
export function exportStatistics(
  { store, timeZone }: { readonly store: Pick<Store, "statistics">; readonly timeZone: string },
  { from, to, format, separator }: StatisticsQuery,
): ExportedStatistics {
  const rows = projectModelStat(linesOf(store, periodOf(from, to, timeZone)), timeZone);
  const fileName = `ModelStat_${from}_${to}.${format}`;
  const content = Readable.from(format === "csv" ? csv(rows, separator) : xlsx(rows), { objectMode: false });
  return { contentType: contentTypes[format], fileName, content };
}

const contentTypes = {
  csv: "text/csv; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;

/** From the first midnight to the one after the last day. */
function periodOf(from: string, to: string, timeZone: string): { from: Date; to: Date } {
  const midnight = (day: string) => readTime(day.replaceAll("-", ""), timeZone);
  const first = midnight(from);
  const last = midnight(to);
  if (first === undefined || last === undefined || first > last) {
    throw statisticsErrors.fault("STATISTICS_PERIOD_INVALID", { details: { from, to } });
  }
  const next = new Date(to);
  next.setUTCDate(next.getUTCDate() + 1);
  return { from: first, to: midnight(next.toISOString().slice(0, 10)) ?? last };
}
