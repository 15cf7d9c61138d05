import type { NewAuditRecord } from "./audit.ts";
import type { NewStatistic } from "./statistics.ts";

/** What a step leaves behind for others to count and to audit; committed with it. */
export interface Traces {
  readonly audit?: readonly NewAuditRecord[];
  readonly statistics?: readonly NewStatistic[];
}
