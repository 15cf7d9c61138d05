/**
 * What is peculiar to one PACS and must be known before it is asked: a section of the configuration. What can be recognised
 * in the answers is no setting: padded UIDs, lines that come twice, levels above left out, an absent SOP Class UID.
 */
export interface PacsProfile {
  /** Associations that we open at the same time; the others wait for their turn. Licences of two to five are common. */
  readonly associations: number;
  /** Largest P-DATA-TF that we announce, in bytes (PS3.8 D.1): some old servers misuse more than 16 or 32 KiB. */
  readonly maximumLength: number;
  /** Defined term for answers that declare no character set though they are not ASCII; `ISO_IR 100` for many PACS here. */
  readonly characterSet?: string;
  /**
   * Whether NumberOfStudyRelatedInstances and NumberOfSeriesRelatedInstances are believed. Not for a PACS that counts what it
   * does not list, such as rejected or purged instances: its studies would seem incomplete for ever.
   */
  readonly trustedCounts: boolean;
  /** Whether the issuer of the PatientID is asked as a sequence (0010,0024) too: it holds the OID, and some servers refuse it. */
  readonly issuerOID: boolean;
}

export const defaultProfile: PacsProfile = {
  associations: 4,
  maximumLength: 131_072,
  trustedCounts: true,
  issuerOID: true,
};
