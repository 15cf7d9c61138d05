import type { ManifestStudy } from "../kos/index.ts";

/** A study found in a PACS, with what the matching rules compare. Series and instances are sorted by number, then UID. */
export interface FoundStudy extends ManifestStudy {
  /** PatientID (0010,0020), trimmed; empty when the PACS gives none. */
  readonly patientID: string;
  readonly issuerOfPatientID?: string;
  /** AccessionNumber (0008,0050) of the study, trimmed; empty when the PACS gives none. */
  readonly accessionNumber: string;
  /** Name of the configured PACS that answered. */
  readonly pacs: string;
  /**
   * NumberOfStudyRelatedInstances (0020,1208), when the PACS gives it. More than the instances listed: the study is still
   * growing, or the PACS hides some.
   */
  readonly expectedInstances?: number;
}
