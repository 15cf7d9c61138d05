import type { AuditDesk } from "../audit/index.ts";
import type { Logger } from "../base/index.ts";
import type { AuditUser, Job, Store } from "../store/index.ts";

/** What a code means, for the person who reads it. */
export interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

/** What a person may decide of an exam. */
export type Decision =
  | { readonly kind: "withhold" | "release" | "republish" }
  | { readonly kind: "set-aside" | "take-up"; readonly messageId: number };

/** Long work, as the runner of jobs does it. */
export interface Jobs {
  /** The parameter `operator` is the account that asks. */
  launch(kind: string, parameters: Readonly<Record<string, unknown>>): Promise<Job>;
  cancel(id: number, operator: AuditUser): Promise<Job>;
}

export interface BackupRequest {
  /** Absolute path of the file to write. */
  readonly target: string;
  /** Null: in the clear. */
  readonly passphrase: string | null;
}

/** Told in the shape of the room behind it, and shown as it is. */
type Shown = object;

export interface ApiOptions {
  readonly store: Pick<
    Store,
    | "exam"
    | "exams"
    | "timeline"
    | "latestSubmission"
    | "currentSubmission"
    | "messagesShown"
    | "messages"
    | "counts"
    | "job"
    | "jobs"
    | "jobRefusals"
    | "statistics"
    | "appendAuditRecords"
  >;
  readonly retry: (examId: number, operator: AuditUser) => Promise<void>;
  readonly decide: (examId: number, decision: Decision, operator: AuditUser) => Promise<void>;
  readonly jobs: Jobs;
  readonly replay: (messageId: number, operator: AuditUser) => Promise<Shown>;
  readonly rehearse: (
    bytes: Buffer,
    how: { readonly peer: string; readonly askPacs: boolean; readonly signal: AbortSignal },
  ) => Promise<Shown>;
  /** Rejects with PACS_UNKNOWN. */
  readonly probe: (question: {
    readonly pacs?: string;
    readonly studyInstanceUID?: string;
    readonly signal: AbortSignal;
  }) => Promise<Shown>;
  readonly backup: (
    request: BackupRequest,
    how: { readonly onProgress: (progress: Shown) => void; readonly signal: AbortSignal },
  ) => Promise<Shown>;
  readonly audit: AuditDesk;
  /** The sentences of an error code of any room, with the facts of the case. */
  readonly explain: (code: string, facts: Readonly<Record<string, unknown>>) => Explanation | undefined;
  /** Everything else that the status shows. */
  readonly status: () => Promise<Readonly<Record<string, unknown>>>;
  /** Who sends what: the senders of reports, the PACS with their domains, who may send rejection notes. */
  readonly sources: Shown;
  /** IANA time zone of the site. */
  readonly timeZone: string;
  readonly now: () => Date;
  readonly log: Logger;
}
