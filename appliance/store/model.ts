/** What the store keeps, as the rest of the box sees it. */

export type ExamState = "searching" | "publishing" | "published" | "parked" | "closed";

export interface NewMessage {
  readonly receivedAt: Date;
  /** MSH-3 and MSH-4, or the peer's address when the header could not be read. */
  readonly sender: string;
  readonly controlId: string;
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array;
  readonly peer: string;
  readonly bytes: Uint8Array;
  /** The acknowledgement, to be sent again word for word when the same message returns. */
  readonly answer: Uint8Array;
  /** Set when the message was refused: the error's code. */
  readonly refusal?: string;
}

export interface RecordedMessage {
  readonly id: number;
  /** False when the same message (sender, MSH-10, digest) had been answered before. */
  readonly fresh: boolean;
  /** What to answer: the former answer when not fresh. */
  readonly answer: Uint8Array;
}

export interface WaitingMessage {
  readonly id: number;
  readonly receivedAt: Date;
  /** Address of the sender. */
  readonly peer: string;
  readonly bytes: Uint8Array;
}

/** A line of a timeline. `facts` may hold identities: it is shown to an operator and never logged. */
export interface TimelineEvent {
  readonly at: Date;
  readonly kind: string;
  readonly code?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** What a person has to look at: why an exam is parked and what was compared. */
export interface Reason {
  readonly code: string;
  readonly compared?: Readonly<Record<string, string>>;
}

/** An opened report and what it makes of the exams it names; applied whole, once. */
export interface OpenedReport {
  readonly messageId: number;
  readonly documentId: string;
  /** SHA-256 of the CDA bytes. */
  readonly documentDigest: Uint8Array;
  readonly at: Date;
  readonly exams: readonly ExamOpening[];
}

/** An exam as a report leaves it: a new one, or a known one at the revision on which the decision was taken. */
export interface ExamOpening {
  readonly known?: { readonly id: number; readonly revision: number };
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly ipp?: string;
  readonly ippOid?: string;
  readonly accessions: readonly string[];
  readonly state: ExamState;
  readonly nextAt?: Date;
  readonly reason?: Reason;
  readonly event: TimelineEvent;
}

export interface Exam {
  readonly id: number;
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly ipp: string | undefined;
  readonly ippOid: string | undefined;
  readonly accessions: readonly string[];
  readonly state: ExamState;
  readonly code: string | undefined;
  readonly compared: Readonly<Record<string, string>> | undefined;
  readonly attempts: number;
  readonly nextAt: Date | undefined;
  /** When it was last asked for, by a report or by a person. */
  readonly since: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Grows at each change: a transition applies to the revision it was decided on, or not at all. */
  readonly revision: number;
}

/** One step of an exam's state machine, applied whole with its timeline line, or refused. */
export interface Transition {
  readonly examId: number;
  readonly revision: number;
  readonly to: ExamState;
  readonly attempts: number;
  readonly nextAt?: Date;
  /** Asked for anew, by a person. */
  readonly asked?: boolean;
  readonly reason?: Reason;
  readonly event: TimelineEvent;
  /** A submission prepared by this step. */
  readonly submission?: NewSubmission;
  /** What becomes of the exam's latest submission. */
  readonly settle?: { readonly state: "accepted" | "refused"; readonly entryUUID?: string };
}

export interface NewSubmission {
  readonly sopInstanceUID: string;
  readonly manifest: Uint8Array;
  /** The instant that the manifest bears. */
  readonly manifestAt: Date;
  readonly instanceCount: number;
  /** Everything of the submission but the manifest's bytes, as JSON. */
  readonly envelope: string;
}

/** `pending`: it may or may not have been received; only a definite answer settles it. */
export type SubmissionState = "pending" | "accepted" | "refused";

export interface StoredSubmission extends NewSubmission {
  readonly id: number;
  readonly state: SubmissionState;
  readonly entryUUID: string | undefined;
  readonly createdAt: Date;
}

/** Counts for the status page, the metrics and the readiness check. */
export interface Counts {
  readonly exams: Readonly<Record<ExamState, number>>;
  readonly messages: Readonly<Record<"received" | "opened" | "refused" | "unreadable", number>>;
  /** Published exams that a person should look at all the same. */
  readonly flagged: number;
  /** When the oldest work that the box must do by itself came in. */
  readonly oldestWork: Date | undefined;
  readonly lastMessageAt: Date | undefined;
}
