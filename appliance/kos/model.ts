/** What a manifest is made of. */

export interface ManifestInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly instanceNumber?: number;
  readonly numberOfFrames?: number;
}

export interface ManifestSeries {
  readonly seriesInstanceUID: string;
  readonly modality: string;
  readonly seriesNumber?: number;
  readonly description?: string;
  readonly bodyPart?: string;
  readonly instances: readonly ManifestInstance[];
}

/** The study as the PACS describes it. Dates `YYYYMMDD`, times `HHMMSS[.ffffff]`, local to the PACS. */
export interface ManifestStudy {
  readonly studyInstanceUID: string;
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly studyID?: string;
  readonly description?: string;
  readonly referringPhysicianName?: string;
  readonly series: readonly ManifestSeries[];
}

/** An identifier and the OID of who assigned it. */
export interface AssignedIdentifier {
  readonly value: string;
  readonly oid?: string;
}

export interface ManifestInput {
  readonly study: ManifestStudy;
  readonly patient: {
    readonly ins: { readonly matricule: string; readonly oid: string };
    readonly ipp: AssignedIdentifier;
    readonly familyName: string;
    readonly givenName: string;
    readonly birthDate: string;
    /** M, F or O. */
    readonly sex: string;
    readonly birthPlaceCode?: string;
  };
  /** One item of ReferencedRequestSequence each. */
  readonly requests: readonly { readonly accession?: AssignedIdentifier; readonly placerOrder?: AssignedIdentifier }[];
  /** The act's display name, for the Key Object Description. */
  readonly actName?: string;
  readonly institution: { readonly name: string; readonly id: string };
  readonly manufacturer: string;
  /** `https://host[/prefix]`, no trailing slash: RetrieveURL = base + `/studies/<uid>/series/<uid>`. */
  readonly retrieveBase: string;
  /** IANA time zone of the site. */
  readonly timeZone: string;
  readonly createdAt: Date;
  /** InstanceNumber of the manifest: 1, then one more at each replacement. */
  readonly version: number;
}

export interface Manifest {
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  /** The Part 10 file. */
  readonly bytes: Uint8Array;
  /** Distinct modalities of the series, in order of first appearance. */
  readonly modalities: readonly string[];
  readonly instanceCount: number;
}

/** What a manifest, ours or another site's, says. */
export interface ManifestContent {
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
  /** Document title: (113030, DCM) for a manifest, another for a key image note or a rejection note. */
  readonly title: { readonly value: string; readonly scheme: string; readonly meaning: string };
  readonly patientID: string;
  readonly patientIDIssuerOID?: string;
  /** OtherPatientIDsSequence. */
  readonly otherPatientIDs: readonly AssignedIdentifier[];
  readonly accessionNumbers: readonly string[];
  /** The Key Object Description, empty when there is none. */
  readonly description: string;
  readonly studies: readonly ManifestContentStudy[];
}

export interface ManifestContentStudy {
  readonly studyInstanceUID: string;
  readonly series: readonly ManifestContentSeries[];
}

/** Modality, body part and description come from the Key Object Description: the modality is empty when it has no line. */
export interface ManifestContentSeries extends ManifestSeries {
  readonly retrieveURL?: string;
  readonly retrieveAETitle?: string;
}
