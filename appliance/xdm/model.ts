import type { CodedError } from "../base/index.ts";
import type { RegistryDocument } from "../xds/index.ts";

export interface Month {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

/** What an archive says of itself to a person: README.TXT and INDEX.HTM. */
export interface ArchiveFacts extends Month {
  readonly site: { readonly name: string; readonly identifier: string; readonly contact?: string };
  readonly software: { readonly name: string; readonly version: string; readonly manufacturer: string };
}

/** One line of CR.TXT: a report that the manifest came from, and its patient. */
export interface ReportReference {
  /** II of the CDA document. */
  readonly root: string;
  readonly extension: string;
  readonly ins: string;
  readonly insOid: string;
  readonly ipp: string;
  readonly ippOid: string;
}

/** A document and the `ExtrinsicObject` that describes it. */
export interface ArchivedDocument {
  /** `id` of its `ExtrinsicObject` in the metadata. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Under which the record keeps it, `urn:uuid:...`. */
  readonly entryUUID?: string;
}

export interface ArchivedSubmission {
  /** `lcm:SubmitObjectsRequest` as XML. */
  readonly metadata: string;
  readonly manifests: readonly ArchivedDocument[];
  readonly signature?: ArchivedDocument;
  readonly reports: readonly ReportReference[];
}

/** A document that was read: its bytes are those of `entry.hash` and `entry.size`. */
export interface ReadManifest extends ArchivedDocument {
  readonly entry: RegistryDocument;
  /** Of referenceIdList. */
  readonly studyInstanceUID?: string;
}

/** A submission set that was read, and can be written again as it is. */
export interface ReadSubmission extends ArchivedSubmission {
  readonly submissionSet: { readonly uniqueId: string; readonly patientId?: string; readonly sourceId?: string };
  readonly manifests: readonly [ReadManifest, ...ReadManifest[]];
  /** `intact` is false when its hash is not that of the metadata. The signature itself is not verified. */
  readonly signature?: ArchivedDocument & { readonly intact: boolean };
}

export type Outcome = { readonly submission: ReadSubmission } | { readonly fault: CodedError };

/** What became of one folder of an archive. */
export type FolderOutcome = Outcome & {
  /** e.g. `IHE_XDM/SS000001`. */
  readonly folder: string;
  /** 1 is the first. */
  readonly position: number;
  /** Folders of the archive. */
  readonly total: number;
};
