/** What the box did, in figures without identities, as ModelStat. */
export { statisticsErrors } from "./errors.ts";
export { type ExportedStatistics, exportStatistics, type StatisticsQuery, statisticsQuery } from "./export.ts";
export { modelStat, type StatisticKind, statisticKinds } from "./model-stat.ts";
export { columnName, xlsx } from "./xlsx.ts";
