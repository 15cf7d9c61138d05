/** What the store keeps, as the rest of the box sees it. */

import type { Traces } from "./model/traces.ts";

export type ExamState = "searching" | "checking" | "publishing" | "published" | "parked" | "closed";

/** What the national record holds of an exam: nothing of ours, our manifest, or one of the two. */
export type RecordState = "absent" | "unsure" | "present";

/** Why an exam is looked at: what an absence in the PACS means depends on it. */
export type Cause = "report" | "order" | "note" | "recheck" | "resync" | "address" | "person";

/** `hl7`: a report or an order. `dicom`: a rejection note. */
export type MessageKind = "hl7" | "dicom";

export interface NewMessage extends Traces {
  readonly kind: MessageKind;
  readonly receivedAt: Date;
  /** MSH-3 and MSH-4, or the calling AE title, or the peer's address when the header could not be read. */
  readonly sender: string;
  /** MSH-10, or the SOP Instance UID. */
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

/** A message that was accepted, as it came. */
export interface StoredMessage {
  readonly id: number;
  readonly kind: MessageKind;
  readonly receivedAt: Date;
  /** Address of the sender. */
  readonly peer: string;
  readonly bytes: Uint8Array;
  /** The number of the message by which its document first came, for a report. */
  readonly firstId?: number;
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

export type ReportAction = "create" | "replace" | "delete";

/** An opened message and what it makes of the exams it concerns; applied whole, once. */
export interface OpenedMessage extends Traces {
  readonly messageId: number;
  readonly at: Date;
  readonly content:
    | {
        readonly kind: "report";
        readonly documentId: string;
        /** SHA-256 of the CDA bytes. */
        readonly documentDigest: Uint8Array;
        readonly action: ReportAction;
        /** Digest of what the message says of the document besides its content. */
        readonly substance: Uint8Array;
        /** When its sender says that it was sent. */
        readonly sentAt?: Date;
        /** The documents that it replaces or deletes. */
        readonly ends: readonly string[];
      }
    | {
        readonly kind: "evidence";
        /** The studies that an order or a rejection note names, known or not. */
        readonly studies: readonly string[];
      };
  readonly exams: readonly ExamOpening[];
}

/** An exam as a message leaves it: a new one, or a known one at the revision on which the decision was taken. */
export interface ExamOpening {
  readonly known?: { readonly id: number; readonly revision: number };
  readonly structure: string;
  readonly studyInstanceUID: string;
  readonly ipp?: string;
  readonly ippOid?: string;
  readonly accessions: readonly string[];
  /** What it may be looked up by from now on. */
  readonly keys: readonly string[];
  readonly state: ExamState;
  readonly cause: Cause;
  /** When it was last asked for stays as it was. */
  readonly unasked?: boolean;
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
  readonly record: RecordState;
  readonly cause: Cause;
  /** Looks at it since it was published. */
  readonly checks: number;
  /** A person keeps it out of the record. */
  readonly withheld: boolean;
  readonly code: string | undefined;
  readonly compared: Readonly<Record<string, string>> | undefined;
  readonly attempts: number;
  readonly nextAt: Date | undefined;
  /** When it was last asked for, by a message or by a person. */
  readonly since: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Grows at each change: a transition applies to the revision it was decided on, or not at all. */
  readonly revision: number;
}

/** One step of an exam's state machine, applied whole with its timeline line, or refused. What is absent stays as it was. */
export interface Transition extends Traces {
  readonly examId: number;
  readonly revision: number;
  readonly to: ExamState;
  readonly record?: RecordState;
  readonly cause?: Cause;
  readonly checks?: number;
  readonly withheld?: boolean;
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
  /** Rejection notes that are carried out: the PACS no longer lists what they reject. */
  readonly settledNotes?: readonly number[];
  /** A message that a person sets aside for this exam, or takes up again. */
  readonly setAside?: { readonly messageId: number; readonly aside: boolean };
}

/** What a submission asks of the record: to take a manifest, to take it in place of another, to delete one. */
export type SubmissionKind = "provide" | "replace" | "withdraw";

export interface NewSubmission {
  readonly kind: SubmissionKind;
  /** Of the manifest; for a withdrawal, of the manifest that goes. */
  readonly sopInstanceUID: string;
  /** Empty for a withdrawal. */
  readonly manifest: Uint8Array;
  /** The instant that the manifest bears. */
  readonly manifestAt: Date;
  /** InstanceNumber of the manifest. */
  readonly version: number;
  readonly instanceCount: number;
  /** Digest of the reports that the manifest was made from; the reason of a withdrawal. */
  readonly basis: string;
  /** Name of the PACS that holds the images. */
  readonly pacs: string;
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
  /** When it was last sent; undefined: never. */
  readonly attemptedAt: Date | undefined;
}

/** A report as it is told from others: what it is set aside by, however often it is sent. */
export interface ReportSubstance {
  readonly documentId: string;
  readonly documentDigest: Uint8Array;
  readonly action: ReportAction;
  /** Undefined for all that came before this was kept. */
  readonly substance: Uint8Array | undefined;
}

/** A message of an exam, for a person. */
export interface ExamMessage {
  readonly messageId: number;
  readonly kind: "report" | "order" | "note";
  readonly receivedAt: Date;
  readonly sender: string;
  readonly controlId: string;
  readonly documentId: string | undefined;
  readonly action: ReportAction | undefined;
  readonly setAside: boolean;
}

/** Counts for the status page, the metrics and the readiness check. */
export interface Counts {
  readonly exams: Readonly<Record<ExamState, number>>;
  readonly messages: Readonly<Record<"received" | "opened" | "refused" | "unreadable", number>>;
  /** Published exams that a person should look at all the same. */
  readonly flagged: number;
  /** Exams that wait for a person while the record holds a manifest of theirs. */
  readonly parkedInRecord: number;
  /** When the oldest work that the box must do by itself came in. */
  readonly oldestWork: Date | undefined;
  readonly lastMessageAt: Date | undefined;
}

export type JobState = "running" | "done" | "cancelled" | "failed";

/** Long work that a person asked for. */
export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly state: JobState;
  /** The last exam that was done: where it goes on. */
  readonly cursor: number;
  readonly done: number;
  readonly total: number;
  /** Counts of what came of it, by the job's own names. */
  readonly results: Readonly<Record<string, number>>;
  /** What it has found out, in its own shape. */
  readonly found: Readonly<Record<string, unknown>> | undefined;
  /** Why it failed, and the facts that fill its sentence. */
  readonly code: string | undefined;
  readonly details: Readonly<Record<string, string | number>> | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
