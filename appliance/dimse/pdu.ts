/** The protocol data units of the DICOM upper layer (PS3.8 9.3) as values. AE titles are without their padding. */

export interface AsynchronousOperationsWindow {
  /** Operations that the association requestor may have outstanding; 0 is unlimited (PS3.7 D.3.3.3). */
  readonly invoked: number;
  readonly performed: number;
}

/** SCP/SCU role selection (PS3.7 D.3.3.4), from the point of view of the association requestor. */
export interface RoleSelection {
  readonly sopClassUID: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

export interface UserInformation {
  /** Largest P-DATA-TF variable field that the sender receives, in bytes; 0 is unlimited (PS3.8 D.1). */
  readonly maximumLength: number;
  readonly implementationClassUID: string;
  readonly implementationVersionName?: string;
  readonly operationsWindow?: AsynchronousOperationsWindow;
  readonly roles: readonly RoleSelection[];
}

export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax, 4 transfer syntaxes not supported (PS3.8 9.3.3.2). */
export type ContextResult = 0 | 1 | 2 | 3 | 4;

export interface AnsweredContext {
  readonly id: number;
  readonly result: number;
  /** Significant only with result 0. */
  readonly transferSyntax: string;
}

interface Associate {
  /** Bit 0 is version 1, the only one. */
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContext: string;
  readonly user: UserInformation;
}

export interface AssociateRequest extends Associate {
  readonly type: "A-ASSOCIATE-RQ";
  readonly contexts: readonly ProposedContext[];
}

export interface AssociateAccept extends Associate {
  readonly type: "A-ASSOCIATE-AC";
  readonly contexts: readonly AnsweredContext[];
}

/** PS3.8 Table 9-21. */
export interface AssociateReject {
  readonly type: "A-ASSOCIATE-RJ";
  /** 1 permanent, 2 transient. */
  readonly result: number;
  /** 1 service user, 2 provider (ACSE), 3 provider (presentation). */
  readonly source: number;
  readonly reason: number;
}

/** A presentation data value (PS3.8 9.3.5.1): a fragment of a command set or of a data set, never copied. */
export interface PresentationDataValue {
  readonly contextId: number;
  readonly command: boolean;
  readonly last: boolean;
  readonly data: readonly Uint8Array[];
}

export interface DataTransfer {
  readonly type: "P-DATA-TF";
  readonly values: readonly PresentationDataValue[];
}

export type Release = { readonly type: "A-RELEASE-RQ" } | { readonly type: "A-RELEASE-RP" };

/** PS3.8 Table 9-26. */
export interface Abort {
  readonly type: "A-ABORT";
  /** 0 service user, 2 service provider. */
  readonly source: number;
  readonly reason: number;
}

export type Pdu = AssociateRequest | AssociateAccept | AssociateReject | DataTransfer | Release | Abort;

/** The PDU types (PS3.8 9.3), in the first byte. */
export const PDU_TYPES = {
  "A-ASSOCIATE-RQ": 0x01,
  "A-ASSOCIATE-AC": 0x02,
  "A-ASSOCIATE-RJ": 0x03,
  "P-DATA-TF": 0x04,
  "A-RELEASE-RQ": 0x05,
  "A-RELEASE-RP": 0x06,
  "A-ABORT": 0x07,
} as const satisfies Record<Pdu["type"], number>;

/** The items and sub-items of the A-ASSOCIATE PDUs (PS3.8 9.3.2, PS3.7 D.3.3). */
export const ITEMS = {
  applicationContext: 0x10,
  proposedContext: 0x20,
  answeredContext: 0x21,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClassUID: 0x52,
  operationsWindow: 0x53,
  roleSelection: 0x54,
  implementationVersionName: 0x55,
} as const;

/** Reasons of an abort by the provider (PS3.8 Table 9-26). */
export const ABORT_REASONS = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;

/** DICOM Application Context Name (PS3.7 A.2.1), the only one. */
export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";
