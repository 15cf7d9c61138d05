import type { ManifestStudy } from "../kos/model.ts";

/** A study found in a PACS, with what the matching rules compare. */
export interface FoundStudy extends ManifestStudy {
  /** PatientID (0010,0020), trimmed; empty when the PACS gives none. */
  readonly patientID: string;
  readonly issuerOfPatientID?: string;
  /** AccessionNumber (0008,0050) of the study, trimmed; empty when the PACS gives none. */
  readonly accessionNumber: string;
  /** Name of the configured PACS that answered. */
  readonly pacs: string;
}
