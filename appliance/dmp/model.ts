import type { ReportHeader } from "../cda/index.ts";
import type { ReportMessage } from "../hl7/index.ts";
import type { Credentials, StructureKind } from "../trust/index.ts";
import type { Code, Digest, HttpMessage, RegistryDocument, RegistryErrorLine } from "../xds/index.ts";
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

export interface SubmissionInput {
  readonly manifest: {
    readonly bytes: Uint8Array;
    readonly sopInstanceUID: string;
    readonly studyInstanceUID: string;
    readonly modalities: readonly string[];
    readonly createdAt: Date;
  };
  readonly header: ReportHeader;
  readonly patient: {
    readonly ins: { readonly matricule: string; readonly oid: string };
    readonly ipp: { readonly value: string; readonly oid?: string };
  };
  /** PV1-2. */
  readonly visitClass?: string;
  readonly visibility: {
    readonly maskedFromProfessionals: boolean;
    readonly invisibleToPatient: boolean;
    readonly invisibleToLegalRepresentatives: boolean;
  };
  readonly sender?: ReportMessage["sender"];
  /** `2.25` UIDs made by the caller, the same at each attempt. */
  readonly ids: { readonly submissionSet: string; readonly signature: string };
  readonly submittedAt: Date;
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

/** Plain JSON and bytes: the caller keeps it and hands the same one back at each attempt. */
export interface Submission {
  readonly documentUniqueId: string;
  readonly submissionSetUniqueId: string;
  readonly signatureUniqueId: string;
  /** The structure that is author. */
  readonly structureId: string;
  /** Whose certificates open TLS and sign the VIHF. */
  readonly certificate: { readonly structureId: string; readonly kind: StructureKind };
  /** SHA-1 of the manifest, hexadecimal, as in its metadata. */
  readonly hash: string;
  /** The `lcm:SubmitObjectsRequest`. */
  readonly metadata: string;
  readonly documents: readonly SubmissionDocument[];
  readonly vihf: VihfFacts;
  /** What a person may want to know though it stops nothing: codes and paths, never values. */
  readonly remarks: readonly { readonly code: string; readonly where: string }[];
}

export interface Published {
  /** The registry's id of the document, when it was asked for. */
  readonly entryUUID?: string;
  readonly warnings: readonly RegistryErrorLine[];
  /** For the evidence file: `bytes()` may be read again. */
  readonly request: HttpMessage;
  readonly response: Uint8Array;
  /** The record already had this very document: same identifier, same hash, same patient. */
  readonly verifiedDuplicate: boolean;
}

export interface Dmp {
  /**
   * Builds and signs a submission.
   * @throws DMP_METADATA_MISSING, DMP_CONFIDENTIALITY_RESTRICTED, DMP_STRUCTURE_MISMATCH,
   *   DMP_NO_CERTIFICATE_FOR_STRUCTURE, TRUST_CERTIFICATE_*, XDS_CHARACTER_NOT_ALLOWED
   */
  prepare(input: SubmissionInput): Promise<Submission>;
  /** TD2.1: submits it (ITI-41). Returns only when the registry says success, or already holds this very document. */
  publish(submission: Submission, options?: { readonly signal?: AbortSignal }): Promise<Published>;
  /** TD3.1b: the document of that uniqueId, asked with the identity of the submission (ITI-18 GetDocuments). */
  find(
    uniqueId: string,
    submission: Pick<Submission, "certificate" | "vihf">,
    options?: { readonly signal?: AbortSignal },
  ): Promise<RegistryDocument | undefined>;
  /** Opens mutual TLS with each structure's certificate and sends nothing. */
  check(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Closes the kept connections. */
  close(): Promise<void>;
}
