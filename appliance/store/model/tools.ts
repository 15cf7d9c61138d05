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

/** What became of an exam of an archive. */
export interface Imported {
  readonly examId: number;
  /**
   * It is new here; its manifest took the place of an older one that was imported, too; this very manifest has been here
   * before; or another one stands here, which is newer or of the box's own making.
   */
  readonly result: "imported" | "replaced" | "known" | "other";
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
