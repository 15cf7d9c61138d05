/** EventOutcomeIndicator (PS3.15 A.5.1): success, minor failure, serious failure, major failure. */
export type AuditOutcome = 0 | 4 | 8 | 12;

/** A patient as an identifier and the OID of its authority. */
export interface AuditPatient {
  readonly id: string;
  readonly authority?: string;
}

/** A person who acted: the national identifier of a professional, the account of an operator. */
export interface AuditUser {
  readonly id: string;
  readonly name?: string;
}

/** The system at the other end: AE title, `application|facility` of HL7, or URL. */
export interface AuditPeer {
  readonly id: string;
  /** IP address or host name. */
  readonly address?: string;
}

export type AuditFact = string | number | boolean | readonly string[];

/** What happened, to be sealed. May hold identities: that is the purpose of the audit trail. */
export interface NewAuditRecord {
  readonly at: Date;
  /** Our name of the event; the room `audit` knows what it is for DICOM and IHE. */
  readonly event: string;
  readonly outcome: AuditOutcome;
  /** Why it failed: an error code. */
  readonly code?: string;
  /** Why it failed, in words without identities. */
  readonly description?: string;
  readonly patients?: readonly AuditPatient[];
  readonly users?: readonly AuditUser[];
  /** Study Instance UIDs. */
  readonly studies?: readonly string[];
  readonly documents?: readonly string[];
  readonly peer?: AuditPeer;
  readonly facts?: Readonly<Record<string, AuditFact>>;
}

export interface AuditRecord extends NewAuditRecord {
  readonly seq: number;
}

/** The end of the chain. Told elsewhere, it later proves that nothing was cut off or written anew. */
export interface AuditHead {
  readonly seq: number;
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
}

/** What is asked for together must be true together. */
export interface AuditSearch {
  readonly patient?: string;
  readonly user?: string;
  readonly study?: string;
  readonly document?: string;
  readonly event?: string;
  /** Only what failed. */
  readonly failed?: boolean;
  readonly from?: Date;
  /** Not included. */
  readonly to?: Date;
  /** Records older in the chain than this one: the next page. */
  readonly before?: number;
  /** At most 500. */
  readonly limit: number;
}

/**
 * Why a chain does not hold: a record was changed, or one is not where it should be; the index does not say what the
 * record says; a purge cannot have been as its record tells.
 */
export type AuditBreak = "altered" | "missing" | "index" | "purge";

export interface AuditVerification {
  /** Records that were read. */
  readonly read: number;
  /** Where to go on; undefined at the end of the chain. */
  readonly next: number | undefined;
  /** The first record that does not hold. */
  readonly broken: { readonly seq: number; readonly reason: AuditBreak } | undefined;
}

export interface AuditPurge {
  readonly purged: number;
  /** More may go before the same instant. */
  readonly more: boolean;
  /** A record that should go stays, since the outside repository does not have it yet. */
  readonly held: boolean;
}
