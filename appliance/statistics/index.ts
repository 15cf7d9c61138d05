/** What the box did, in figures without identities, as ModelStat. */
export { csv, type Separator } from "./csv.ts";
export { statisticsErrors } from "./errors.ts";
export { type ExportedStatistics, exportStatistics, linesOf, type StatisticsQuery, statisticsQuery } from "./export.ts";
export { type Cell, modelStat, projectModelStat, type StatisticKind, statisticKinds } from "./model-stat.ts";
export { columnName, xlsx } from "./xlsx.ts";
