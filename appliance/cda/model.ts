/** What the header of an imaging report (CDA R2, any level) says, as read; nothing is guessed or defaulted. */

/** An HL7 `II`: `root` is an OID or a UUID, `extension` may be absent. */
export interface InstanceIdentifier {
  readonly root: string;
  readonly extension?: string;
}

/** An HL7 coded value with the translations it carries. */
export interface CodedValue {
  readonly code: string;
  readonly codeSystem: string;
  readonly displayName?: string;
  readonly translations: readonly TranslatedValue[];
}

/** A `translation`; `qualifier` is the code of its `qualifier/name` (121139 modality, 39111-0 anatomic region). */
export interface TranslatedValue {
  readonly code: string;
  readonly codeSystem: string;
  readonly displayName?: string;
  readonly qualifier?: string;
}

/** A name by use: `birth` (qualifier BR or none), `used` (qualifier CL). */
export interface PersonName {
  readonly family: string;
  readonly given: string;
}

export interface Patient {
  /** The INS: the one `patientRole/id` whose root is an INS OID (never by position). */
  readonly ins?: { readonly matricule: string; readonly oid: string };
  /** Every other `patientRole/id`, in document order. */
  readonly localIds: readonly { readonly value: string; readonly oid: string }[];
  readonly birthName?: PersonName;
  readonly usedName?: PersonName;
  /** Every birth given name, space separated, when the header lists them. */
  readonly birthGivenNames?: string;
  /** `YYYYMMDD` as in the document. */
  readonly birthDate?: string;
  /** `administrativeGenderCode/@code`: M, F, UN. */
  readonly sex?: string;
  /** INSEE code of the birthplace (`birthplace/place/addr/county`). */
  readonly birthPlaceCode?: string;
}

export interface Organization {
  readonly id?: InstanceIdentifier;
  readonly name?: string;
  /** Practice setting, `standardIndustryClassCode`. */
  readonly industryClass?: CodedValue;
}

/** A professional as author, legal authenticator or performer. */
export interface Professional {
  readonly id?: InstanceIdentifier;
  readonly name?: PersonName;
  /** Profession and specialty, e.g. `G15_10/SM44`. */
  readonly specialty?: CodedValue;
  /** `functionCode/@displayName`. */
  readonly role?: string;
  /** `time/@value` as an instant. */
  readonly time?: Date;
  /** Set when the author is a device (`assignedAuthoringDevice`). */
  readonly device?: { readonly softwareName?: string; readonly modelName?: string };
  readonly organization?: Organization;
}

/** One `inFulfillmentOf/order`. */
export interface Order {
  readonly placerOrder?: InstanceIdentifier;
  readonly accession?: InstanceIdentifier;
}

/** One `documentationOf/serviceEvent` that names a study. */
export interface ServiceEvent {
  /** `id/@root` whatever else the id carries; undefined when there is no id (a screening code, a diagnosis). */
  readonly studyInstanceUID?: string;
  /** An extension beside the study UID, which the profile forbids: kept so that a person can be told. */
  readonly studyExtension?: string;
  readonly act?: CodedValue;
  readonly modalities: readonly TranslatedValue[];
  readonly regions: readonly TranslatedValue[];
  readonly start?: Date;
  readonly stop?: Date;
  readonly performer?: Professional;
}

export interface ReportHeader {
  readonly id: InstanceIdentifier;
  readonly templateIds: readonly InstanceIdentifier[];
  readonly code: CodedValue;
  readonly title?: string;
  readonly effectiveTime: Date;
  /** Every `confidentialityCode`, by its `@code` whatever the system; `""` for one without a code. */
  readonly confidentialityCodes: readonly string[];
  readonly languageCode?: string;
  readonly setId?: InstanceIdentifier;
  readonly versionNumber?: number;
  /** `relatedDocument[@typeCode="RPLC"]/parentDocument/id`. */
  readonly replaces: readonly InstanceIdentifier[];
  readonly patient: Patient;
  readonly authors: readonly Professional[];
  readonly legalAuthenticator?: Professional;
  readonly custodian?: Organization;
  readonly orders: readonly Order[];
  readonly serviceEvents: readonly ServiceEvent[];
  /** `componentOf/encompassingEncounter/location/healthCareFacility/code`. */
  readonly facilityType?: CodedValue;
  /** Level 1 (`nonXMLBody`) or 3 (`structuredBody`). */
  readonly level: 1 | 3;
  /** What bends the rules of the volet without making the report unusable: codes and paths, never values. */
  readonly remarks: readonly { readonly code: string; readonly where: string }[];
}
