import type { Dmp } from "../../dmp/index.ts";
import type { AuditUser } from "../../store/index.ts";
import { type ExportOptions, exportArchive } from "./export.ts";
import { type ImportOptions, importArchive } from "./import.ts";
import { type ReaddressOptions, readdress } from "./readdress.ts";
import { type Rehearsal, type RehearsalOptions, rehearse } from "./rehearse.ts";
import { type Replayed, type ReplayOptions, replay } from "./replay.ts";
import { type ResyncOptions, resync } from "./resync.ts";
import { type RetryOptions, retryCode } from "./retry-code.ts";
import { createJobRunner, type JobRunner, type RunnerOptions } from "./runner.ts";
import { type SpeedJobOptions, speedJob } from "./speed-test.ts";

export interface ToolsOptions
  extends Omit<RunnerOptions, "kinds" | "store">,
    Omit<ResyncOptions, "store">,
    Omit<RetryOptions, "store">,
    Omit<SpeedJobOptions, "store">,
    Omit<ReplayOptions, "store">,
    Omit<RehearsalOptions, "store"> {
  readonly store: RunnerOptions["store"] &
    ResyncOptions["store"] &
    ReaddressOptions["store"] &
    RetryOptions["store"] &
    SpeedJobOptions["store"] &
    ExportOptions["store"] &
    ImportOptions["store"] &
    ReplayOptions["store"] &
    RehearsalOptions["store"];
  readonly dmp: Pick<Dmp, "adopt">;
  readonly publicAddress: string;
  readonly dataFolder: string;
  /** What exported archives say of the box. */
  readonly archive: ExportOptions["facts"];
}

/** The kinds of long work. */
export const jobKinds = ["resync", "readdress", "export", "import", "retry", "speedtest"] as const;

/** What an operator does with a box besides looking at it. */
export interface Tools {
  readonly jobs: JobRunner;
  /** Does with a message once more what its state asks for. */
  replay(messageId: number, operator?: AuditUser): Promise<Replayed>;
  /** What a message would do, with nothing written. */
  rehearse(bytes: Buffer, how: Parameters<typeof rehearse>[1]): Promise<Rehearsal>;
}

export function createTools(options: ToolsOptions): Tools {
  const kinds: Readonly<Record<(typeof jobKinds)[number], ReturnType<typeof resync>>> = {
    resync: resync(options),
    readdress: readdress(options),
    export: exportArchive({ ...options, facts: options.archive }),
    import: importArchive(options),
    retry: retryCode(options),
    speedtest: speedJob(options),
  };
  return {
    jobs: createJobRunner({ ...options, kinds }),
    replay: (messageId, operator) => replay(messageId, operator, options),
    rehearse: (bytes, how) => rehearse(bytes, how, options),
  };
}
