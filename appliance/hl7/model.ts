/** A message of the profile "Transmission d'un document CDA-R2 en HL7v2", as the rest of the box needs it. */

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

/** What bends the profile without making the message unusable: a code and a place, never a value. */
export interface Remark {
  readonly code: string;
  readonly where: string;
}

/** TXA-12 and TXA-13: the ids that the message itself states, to be compared with those of the CDA. */
export interface TranscriptionIds {
  readonly document?: { readonly root: string; readonly extension?: string };
  readonly parent?: { readonly root: string; readonly extension?: string };
}

export type ReportAction = "create" | "replace" | "delete";

export interface ReportMessage {
  readonly family: "ORU" | "MDM";
  /** MSH-9.2: R01, T02, T04, T10. */
  readonly event: string;
  /** What ORC-1, OBX-11 and the event agree on. */
  readonly action: ReportAction;
  readonly controlId: string;
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  /** MSH-11: P, T or D. */
  readonly processingId: string;
  /** MSH-12.1. */
  readonly version: string;
  /** MSH-21.1, e.g. `2.1`. */
  readonly profileVersion: string;
  readonly patient: {
    readonly identifiers: readonly PatientIdentifier[];
    readonly familyName?: string;
    readonly givenName?: string;
    readonly birthDate?: string;
    readonly sex?: string;
    readonly birthPlaceCode?: string;
    /** PID-32 repetitions; VALI is the qualified identity. */
    readonly identityStatus: readonly string[];
  };
  readonly visit: { readonly patientClass?: string; readonly number?: string };
  readonly order: { readonly control: string; readonly placer?: string; readonly filler?: string };
  /** OBR-4: code, text, system. */
  readonly documentType: { readonly code: string; readonly text?: string; readonly system?: string };
  /** The CDA exactly as sent, base64 removed. */
  readonly document: Uint8Array;
  readonly sender?: { readonly person?: SenderPerson; readonly organization?: SenderOrganization };
  readonly flags: DocumentFlags;
  /** MDM only. */
  readonly transcription?: TranscriptionIds;
  readonly remarks: readonly Remark[];
}
