/** XDS metadata (ITI TF-3 4.2.3) of what a source submits. Times are UTC `YYYYMMDDhhmmss`; see `identifiers.ts`. */

export interface Code {
  readonly code: string;
  /** OID of the code system. */
  readonly scheme: string;
  readonly display: string;
}

export interface Author {
  /** XCN. */
  readonly person?: string;
  /** XON each. */
  readonly institutions: readonly string[];
  readonly roles?: readonly string[];
  /** `code^display^scheme` each. */
  readonly specialties?: readonly string[];
}

export interface DocumentEntry {
  /** Symbolic id inside the request, e.g. `DocumentKOS`. */
  readonly id: string;
  readonly mimeType: string;
  readonly uniqueId: string;
  /** CX of the affinity domain: the INS. */
  readonly patientId: string;
  readonly title: string;
  readonly creationTime: string;
  readonly languageCode: string;
  /** XCN. */
  readonly legalAuthenticator?: string;
  readonly serviceStartTime?: string;
  readonly serviceStopTime?: string;
  /** CX of the source. */
  readonly sourcePatientId: string;
  /** `PID-5|...` values. */
  readonly sourcePatientInfo?: readonly string[];
  /** SHA-1 of the exact bytes, hexadecimal (ITI TF-3 4.2.3.2.10). */
  readonly hash: string;
  readonly size: number;
  /** CXi values. */
  readonly referenceIdList?: readonly string[];
  readonly authors: readonly Author[];
  readonly classCode: Code;
  readonly typeCode: Code;
  readonly formatCode: Code;
  readonly confidentialityCodes: readonly Code[];
  readonly healthcareFacilityTypeCode: Code;
  readonly practiceSettingCode: Code;
  readonly eventCodeList: readonly Code[];
}

export interface SubmissionSet {
  readonly id: string;
  readonly uniqueId: string;
  readonly sourceId: string;
  readonly patientId: string;
  readonly submissionTime: string;
  readonly title: string;
  readonly authors: readonly Author[];
  readonly contentTypeCode: Code;
}

/** `source` and `target` are ids of the request, or the entryUUID of a registered document. */
export interface Association {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  /** Values by slot name. */
  readonly slots?: Readonly<Record<string, string>>;
}

export interface SubmissionMetadata {
  readonly submissionSet: SubmissionSet;
  readonly documents: readonly DocumentEntry[];
  readonly associations: readonly Association[];
}

/** A document as a registry describes it. */
export interface RegistryDocument {
  readonly entryUUID: string;
  readonly logicalId?: string;
  /** e.g. `urn:oasis:names:tc:ebxml-regrep:StatusType:Approved`. */
  readonly status?: string;
  readonly mimeType?: string;
  readonly uniqueId?: string;
  readonly patientId?: string;
  readonly hash?: string;
  readonly size?: number;
  readonly repositoryUniqueId?: string;
  readonly classCode?: Code;
  readonly typeCode?: Code;
  readonly formatCode?: Code;
  /** XON of every author: who may replace it, or change its status. */
  readonly authorInstitutions: readonly string[];
  /** CXi values: what the document is about, a study or an order. */
  readonly referenceIdList: readonly string[];
  /** Values by slot name. */
  readonly slots: ReadonlyMap<string, readonly string[]>;
}
