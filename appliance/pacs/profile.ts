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
  /** How its images are had: the first way that works. A way that it does not know costs one association each time. */
  readonly retrieve: readonly RetrieveMethod[];
  /**
   * Whether it tells, with each instance of a C-MOVE, for which request (PS3.7 9.1.1.1). When it does not, two moves that expect
   * the same instance wait for each other.
   */
  readonly moveOriginator: boolean;
  /** The AE title under which it knows our storage listener; without one there is no C-MOVE. */
  readonly moveDestination?: string;
  /** Presentation contexts of one association for C-GET, at most 128 (PS3.8 9.3.2.2): some servers bear fewer. */
  readonly getContexts: number;
}

/** C-GET and C-MOVE (PS3.4 C.4), and the PACS's own WADO-RS (PS3.18 10.4). */
export type RetrieveMethod = "c-get" | "c-move" | "wado-rs";

/** As the standard calls them. */
export const METHOD_NAMES: Readonly<Record<RetrieveMethod, string>> = {
  "c-get": "C-GET",
  "c-move": "C-MOVE",
  "wado-rs": "WADO-RS",
};

export const defaultProfile: PacsProfile = {
  associations: 4,
  maximumLength: 131_072,
  trustedCounts: true,
  issuerOID: true,
  retrieve: ["c-get", "c-move", "wado-rs"],
  moveOriginator: false,
  getContexts: 128,
};
