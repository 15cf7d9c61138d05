/** What the box takes from a RIS, as the rest of it needs it: reports and imaging orders. */

import type { Remark } from "./remarks.ts";

export type { Remark, RemarkCode } from "./remarks.ts";

/** HD: namespace, universal id, its type. */
export interface AssigningAuthority {
  readonly namespace?: string;
  readonly oid?: string;
  readonly type?: string;
}

/** CX: one repetition of PID-3. */
export interface PatientIdentifier {
  readonly value: string;
  readonly authority: AssigningAuthority;
  /** CX-5: INS, PI, ... */
  readonly typeCode?: string;
}

export interface SenderPerson {
  readonly id?: string;
  readonly family?: string;
  readonly given?: string;
  readonly oid?: string;
  readonly idType?: string;
}

export interface SenderOrganization {
  readonly name?: string;
  readonly oid?: string;
  /** FINEJ, FINEG, IDNST, ... */
  readonly idType?: string;
  readonly id?: string;
}

/** The metadata OBX of the profile; absent when the message does not carry the observation. */
export interface DocumentFlags {
  readonly maskedFromProfessionals?: boolean;
  readonly invisibleToPatient?: boolean;
  readonly invisibleToLegalRepresentatives?: boolean;
  readonly secretConnection?: boolean;
  readonly visibilityChange?: boolean;
  readonly destinationDmp?: boolean;
}

/** TXA-12 and TXA-13: the ids that the message itself states, to be compared with those of the CDA. */
export interface TranscriptionIds {
  readonly document?: { readonly root: string; readonly extension?: string };
  readonly parent?: { readonly root: string; readonly extension?: string };
}

/** What MSH says, whatever the kind of message. */
export interface MessageHead {
  readonly controlId: string;
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  /** MSH-11: P, T or D. */
  readonly processingId: string;
  /** MSH-12.1. */
  readonly version: string;
  /** MSH-7 as an instant, when it says at least the minute: the later of two messages of one sender is known by it. */
  readonly sentAt?: Date;
}

/** PID. */
export interface MessagePatient {
  readonly identifiers: readonly PatientIdentifier[];
  readonly familyName?: string;
  readonly givenName?: string;
  /** The day, `YYYYMMDD`; what is no date stays as sent. */
  readonly birthDate?: string;
  readonly sex?: string;
  readonly birthPlaceCode?: string;
  /** PID-32 repetitions; VALI is the qualified identity. */
  readonly identityStatus: readonly string[];
}

export type ReportAction = "create" | "replace" | "delete";

interface ReportFacts extends MessageHead {
  readonly family: "ORU" | "MDM";
  /** MSH-9.2: R01, T02, T04, T10. */
  readonly event: string;
  /** MSH-21.1, e.g. `2.1`; absent when the message does not declare the profile and its document proves it. */
  readonly profileVersion?: string;
  readonly patient: MessagePatient;
  readonly visit: { readonly patientClass?: string; readonly number?: string };
  readonly order: { readonly control: string; readonly placer?: string; readonly filler?: string };
  /** OBR-4: code, text, system. */
  readonly documentType: { readonly code: string; readonly text?: string; readonly system?: string };
  readonly sender?: { readonly person?: SenderPerson; readonly organization?: SenderOrganization };
  readonly flags: DocumentFlags;
  /** MDM only. */
  readonly transcription?: TranscriptionIds;
  readonly remarks: readonly Remark[];
}

/**
 * A message of the profile "Transmission d'un document CDA-R2 en HL7v2". `action` is what ORC-1, OBX-11 and the event
 * agree on; `document` the CDA exactly as sent, base64 removed.
 */
export type ReportMessage = ReportFacts &
  (
    | { readonly action: "create" | "replace"; readonly document: Uint8Array }
    /** An MDM^T04 may come without: then `transcription.document` is there and names what to delete. */
    | { readonly action: "delete"; readonly document?: Uint8Array }
  );

/** EI. */
export interface EntityIdentifier {
  readonly value: string;
  readonly namespace?: string;
  readonly oid?: string;
}

export type OrderAction = "create" | "change" | "cancel";

/** One IPC with its ORC and OBR: a study that was ordered. */
export interface OrderedStudy {
  /** ORC-2, or OBR-2. */
  readonly placer?: EntityIdentifier;
  /** ORC-3, or OBR-3. */
  readonly filler?: EntityIdentifier;
  /** IPC-1. */
  readonly accession?: EntityIdentifier;
  /** IPC-3.1, a valid UID. */
  readonly studyInstanceUID: string;
  /** IPC-2. */
  readonly requestedProcedure?: EntityIdentifier;
  /** IPC-4.1. */
  readonly stepId?: string;
  /** IPC-5.1. */
  readonly modality?: string;
}

/** An imaging order, OMI^O23 (v2.5.1 chapter 4.4.6; French teleradiology guide). */
export interface OrderMessage extends MessageHead {
  /** What every ORC-1 says. */
  readonly action: OrderAction;
  readonly patient: MessagePatient;
  readonly orders: readonly OrderedStudy[];
  readonly remarks: readonly Remark[];
}
