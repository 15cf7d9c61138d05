import type { ManifestStudy } from "../kos/index.ts";

/** A study found in a PACS, with what the matching rules compare. Series and instances are sorted by number, then UID. */
export interface FoundStudy extends ManifestStudy {
  /** PatientID (0010,0020), trimmed; empty when the PACS gives none. */
  readonly patientID: string;
  readonly issuerOfPatientID?: string;
  /** UniversalEntityID (0040,0032) of the issuer of the PatientID, when the PACS gives it. */
  readonly patientIDIssuerOID?: string;
  /** AccessionNumber (0008,0050) of the study, trimmed; empty when the PACS gives none. */
  readonly accessionNumber: string;
  /** Name of the configured PACS that answered. */
  readonly pacs: string;
  /**
   * How many instances there are by the PACS's own counts, when it gives them or lists a study or series without instance.
   * More than are listed: the study is still growing, or the PACS hides some or loses its index. It is there, but what is
   * listed is not all of it: nothing may be taken out of the record by such an answer, nor the study be held to be empty.
   */
  readonly expectedInstances?: number;
  /** From a group: the PACS that could not be asked. They may hold more of the study: as above. */
  readonly unanswered?: readonly string[];
}

/** How many instances are listed. */
export function countOf({ series }: Pick<FoundStudy, "series">): number {
  return series.reduce((sum, { instances }) => sum + instances.length, 0);
}

/** True when the study may hold more than is listed: it must be asked for again before anything is concluded. */
export function isPartial(study: FoundStudy): boolean {
  const { expectedInstances = 0, unanswered = [] } = study;
  return unanswered.length > 0 || expectedInstances > countOf(study);
}
