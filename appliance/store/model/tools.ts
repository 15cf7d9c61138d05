import type { NewSubmission, TimelineEvent } from "../model.ts";

/** An exam that another box published, as its archive tells it. */
export interface ImportedExam {
  readonly studyInstanceUID: string;
  readonly structure: string;
  readonly ipp?: string;
  readonly ippOid?: string;
  readonly accessions: readonly string[];
  /** What it may be looked up by. */
  readonly keys: readonly string[];
  /** CDA document ids of the reports that it was made from; their messages stayed behind. */
  readonly documentIds: readonly string[];
  /** What the record took. */
  readonly submission: NewSubmission;
  readonly entryUUID?: string;
  readonly event: TimelineEvent;
}

export type MessageState = "received" | "opened" | "refused" | "unreadable";

/** A message as a list shows it. */
export interface MessageFacts {
  readonly id: number;
  readonly state: MessageState;
  /** Why it was refused, or could not be read. */
  readonly code: string | undefined;
  readonly receivedAt: Date;
  readonly sender: string;
  readonly controlId: string;
  /** False when only its beginning was kept. */
  readonly whole: boolean;
}

/** Something that a job left undone, and why. */
export interface JobRefusal {
  /** What: the number of an exam, a folder of an archive. */
  readonly item: string;
  readonly code: string;
  /** The facts that fill its sentence. */
  readonly details?: Readonly<Record<string, string | number>>;
}
