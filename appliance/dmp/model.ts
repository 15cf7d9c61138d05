import type { ReportHeader } from "../cda/index.ts";
import type { ReportMessage } from "../hl7/index.ts";
import type { Credentials, StructureKind } from "../trust/index.ts";
import type { Code, Digest, DocumentQuestion, HttpMessage, RegistryDocument, RegistryErrorLine } from "../xds/index.ts";
import type { DmpCode } from "./errors.ts";

/** How the box names itself to the record (requirement F-EJEG of the DRIMbox FAQ). */
export type IdentificationMode = "EG" | "EJ" | "EJ/EG";

export interface DmpOptions {
  /** `https://host/si-dmp-server/v2/services`, no trailing slash. */
  readonly baseUrl: string;
  /** PEM authorities that may certify the record's servers; nothing else is trusted. */
  readonly trustedAuthorities: string;
  readonly credentials: Credentials;
  readonly identification: {
    readonly mode: IdentificationMode;
    /** FINESS of the legal entity of each geographical entity, both with their prefix; modes EJ and EJ/EG. */
    readonly legalEntities: Readonly<Record<string, string>>;
    /** Which of the two the VIHF names in mode EJ/EG. Default EG: the record wants it among the author institutions. */
    readonly vihfStructure?: StructureKind;
    /** What to do when PRT-8 names another structure than the report, which has priority. Default `remark`. */
    readonly senderCheck?: "off" | "remark" | "error";
  };
  /** The software as the CNDA approved it (logiciel de professionnel de santé). */
  readonly software: {
    readonly name: string;
    readonly version: string;
    readonly homologation: string;
    readonly id?: string;
    readonly manufacturer: string;
  };
  /** OID of this installation, source of the submission sets. */
  readonly sourceId: string;
  readonly vihf?: {
    /** Default `4.0`. */
    readonly version?: string;
    /** Adds SAML Conditions that end after so many seconds. Absent by default, as in the published samples. */
    readonly validitySeconds?: number;
  };
  /** Of both signatures. Default `SHA-256`; `SHA-1` is what the samples of 2023 used. */
  readonly digest?: Digest;
  readonly metadata?: {
    /** When the report names none. */
    readonly defaultFacilityType?: Code;
    readonly defaultPracticeSetting?: Code;
    /** Code system of modalities in eventCodeList. Default DICOM's, 1.2.840.10008.2.16.4. */
    readonly modalityScheme?: string;
    /** Also puts the act code in eventCodeList. */
    readonly publishAct?: boolean;
    /** Assigning authority for the study UID in referenceIdList, which by the standard has none. */
    readonly studyAuthority?: string;
  };
  /** What a registry error code means, over and above the table of this room. */
  readonly registryErrors?: Readonly<Record<string, DmpCode>>;
  /** Milliseconds; see `DEFAULT_TIMEOUTS`. */
  readonly timeouts?: Partial<Timeouts>;
  readonly now?: () => Date;
}

export interface Timeouts {
  readonly connect: number;
  /** From the end of the request to the answer's headers. */
  readonly headers: number;
  /** Between two pieces of the answer's body. */
  readonly body: number;
  /** The whole exchange. */
  readonly total: number;
}

/** On whose behalf a transaction is made: a report, and who sent it. */
export interface Actor {
  readonly header: ReportHeader;
  readonly sender?: ReportMessage["sender"];
}

/** A document of the registry, by its two names. An entryUUID is that of one version of its metadata. */
export interface RegisteredEntry {
  readonly entryUUID: string;
  readonly uniqueId: string;
}

/** What every transaction that writes needs. `header` describes the entry. */
interface TransactionInput extends Actor {
  /**
   * Who acts, when not those of `header`: the content of the study changed and nobody sent a report, so that the
   * actors are those of the previous submission (F-8801). Must be of the structure of `header`.
   */
  readonly actor?: Actor;
  readonly patient: { readonly ins: { readonly matricule: string; readonly oid: string } };
  /** PV1-2. */
  readonly visitClass?: string;
  /** A `2.25` UID made by the caller, the same at each attempt. */
  readonly ids: { readonly submissionSet: string };
  readonly submittedAt: Date;
}

export interface SubmissionInput extends TransactionInput {
  readonly manifest: {
    readonly bytes: Uint8Array;
    readonly sopInstanceUID: string;
    readonly studyInstanceUID: string;
    readonly modalities: readonly string[];
    readonly createdAt: Date;
  };
  readonly patient: TransactionInput["patient"] & { readonly ipp: { readonly value: string; readonly oid?: string } };
  readonly visibility: {
    readonly maskedFromProfessionals: boolean;
    readonly invisibleToPatient: boolean;
    readonly invisibleToLegalRepresentatives: boolean;
  };
  readonly ids: TransactionInput["ids"] & { readonly signature: string };
  /** TD2.1b: the registered manifest that this one replaces. */
  readonly replaces?: RegisteredEntry;
}

/** TD3.3c. `header` is that of the report under which the manifest is registered. */
export interface WithdrawalInput extends TransactionInput {
  readonly entryUUID: string;
  readonly documentUniqueId: string;
}

/** What the VIHF of a submission says; everything else in it is new at each attempt. */
export interface VihfFacts {
  readonly structureId: string;
  readonly subject: { readonly id: string; readonly name: string };
  readonly roles: readonly Code[];
  /** `code^system` of the facility type. */
  readonly sector: string;
  /** CX of the INS. */
  readonly patientId: string;
}

export interface SubmissionDocument {
  /** Id of its DocumentEntry in the metadata. */
  readonly id: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

interface Transaction {
  /** The manifest that is published or withdrawn. */
  readonly documentUniqueId: string;
  readonly submissionSetUniqueId: string;
  /** The structure that is author. */
  readonly structureId: string;
  /** Whose certificates open TLS and sign the VIHF. */
  readonly certificate: { readonly structureId: string; readonly kind: StructureKind };
  /** The `lcm:SubmitObjectsRequest`. */
  readonly metadata: string;
  /** Empty for a withdrawal. */
  readonly documents: readonly SubmissionDocument[];
  readonly vihf: VihfFacts;
  /** What a person may want to know though it stops nothing: codes and paths, never values. */
  readonly remarks: readonly { readonly code: string; readonly where: string }[];
}

/** A manifest and the signature of its submission set (ITI-41). */
interface DocumentSubmission extends Transaction {
  readonly signatureUniqueId: string;
  /** SHA-1 of the manifest, hexadecimal, as in its metadata. */
  readonly hash: string;
}

export interface Provision extends DocumentSubmission {
  /** Absent from submissions kept before there were others. */
  readonly kind?: "provide";
  readonly target?: never;
}

export interface Replacement extends DocumentSubmission {
  readonly kind: "replace";
  readonly target: RegisteredEntry;
}

/** A change of status (ITI-57): no document, no signature. */
export interface Withdrawal extends Transaction {
  readonly kind: "withdraw";
  readonly target: RegisteredEntry;
}

/** A submission as it stands in an archive: ours, or another box's. */
export interface ArchivedProvision {
  /** The `lcm:SubmitObjectsRequest`. */
  readonly metadata: string;
  readonly submissionSetUniqueId: string;
  readonly manifest: SubmissionDocument & { readonly uniqueId: string; readonly hash: string };
  readonly signature?: SubmissionDocument;
}

/** Plain JSON and bytes: the caller keeps it and hands the same one back at each attempt. */
export type Submission = Provision | Replacement | Withdrawal;

export interface Published {
  /** The registry's id of the document, when it was asked for. */
  readonly entryUUID?: string;
  readonly warnings: readonly RegistryErrorLine[];
  /** For the evidence file: `bytes()` may be read again. */
  readonly request: HttpMessage;
  readonly response: Uint8Array;
  /**
   * The record refused, but a query showed that what was asked is so: an earlier attempt whose answer was lost did it,
   * or, for a withdrawal, somebody else.
   */
  readonly verified: boolean;
}

/** In whose name a query is made. */
export type Identity = Pick<Submission, "certificate" | "vihf">;

interface Interruptible {
  readonly signal?: AbortSignal;
}

export interface Dmp {
  /**
   * Builds and signs a submission: TD2.1a, or TD2.1b when it `replaces`.
   * @throws DMP_METADATA_MISSING, DMP_CONFIDENTIALITY_RESTRICTED, DMP_STRUCTURE_MISMATCH,
   *   DMP_NO_CERTIFICATE_FOR_STRUCTURE, TRUST_CERTIFICATE_*, XDS_CHARACTER_NOT_ALLOWED
   */
  prepare(input: SubmissionInput): Promise<Provision | Replacement>;
  /** TD3.3c: builds the withdrawal of a registered manifest. Throws as `prepare`, but is never too confidential. */
  prepareWithdrawal(input: WithdrawalInput): Promise<Withdrawal>;
  /**
   * A submission of an archive, to find, replace or withdraw what it published.
   * @throws DMP_METADATA_MISSING, DMP_NO_CERTIFICATE_FOR_STRUCTURE
   */
  adopt(archived: ArchivedProvision): Provision;
  /**
   * Submits it (ITI-41; ITI-57 for a withdrawal). Returns only when the registry says success, or when a query shows
   * that what was asked is already so. Throws, beside the faults of the exchange, DMP_REPLACED_ENTRY_GONE when the
   * target is no longer the current version of its document.
   */
  publish(submission: Submission, options?: Interruptible): Promise<Published>;
  /**
   * TD3.1b: the document of that uniqueId, whatever its status (`isApproved`), asked with the identity of a submission
   * (ITI-18 GetDocuments). Of several versions, the one in force.
   */
  find(uniqueId: string, identity: Identity, options?: Interruptible): Promise<RegistryDocument | undefined>;
  /**
   * TD3.1a: a patient's documents, Approved unless asked otherwise (ITI-18 FindDocuments).
   * @throws DMP_TOO_MANY_RESULTS: the answer passes a few hundred documents, ask for less
   */
  findOfPatient(
    question: DocumentQuestion,
    identity: Identity,
    options?: Interruptible,
  ): Promise<readonly RegistryDocument[]>;
  /** As `findOfPatient`, of those that bear one of these references (FindDocumentsByReferenceId); see `studyReference`. */
  findByReference(
    question: DocumentQuestion & { readonly referenceIds: readonly string[] },
    identity: Identity,
    options?: Interruptible,
  ): Promise<readonly RegistryDocument[]>;
  /** Opens mutual TLS with each structure's certificate and sends nothing. */
  check(options?: Interruptible): Promise<void>;
  /** Closes the kept connections. */
  close(): Promise<void>;
}
