import type { Dmp } from "../../dmp/index.ts";
import type { PacsGroup } from "../../pacs/index.ts";
import type { Exam, Store, StoredSubmission } from "../../store/index.ts";
import type { History, HistoryOptions } from "../intake/history.ts";
import type { JudgeOptions } from "../intake/judge.ts";
import type { SiteFacts } from "./manifest.ts";

export interface LookOptions extends HistoryOptions, JudgeOptions {
  readonly store: HistoryOptions["store"] & Pick<Store, "latestSubmission" | "currentSubmission">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly dmp: Pick<Dmp, "prepare" | "prepareWithdrawal" | "find" | "findByReference">;
  readonly site: SiteFacts;
  /** How long a submission that was sent and not answered may still take effect, in milliseconds. */
  readonly answerGraceMs: number;
  /** When the box was restored from a backup: what it published between the two, it does not know. */
  readonly restoredAt?: Date;
  /** Assigning authority of the study UID in the record's references, where the record wants one. */
  readonly studyAuthority?: string;
  readonly now: () => Date;
}

/** What a look at one exam has to go by. */
export interface Subject {
  readonly exam: Exam;
  readonly history: History;
  /** The latest submission, whatever became of it. */
  readonly latest: StoredSubmission | undefined;
  /** The submission whose manifest the record holds. */
  readonly current: StoredSubmission | undefined;
}
