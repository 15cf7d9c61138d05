import { DataSet, type Tag, Tags, vrOf } from "../dicom/index.ts";
import type { PacsProfile } from "./profile.ts";

/** The levels of the Study Root model below the patient (PS3.4 C.6.2). */
export type Level = "STUDY" | "SERIES" | "IMAGE";

/** What is asked at each level, beside the unique keys. Most are optional for the PACS: none is counted upon. */
const RETURN_KEYS: Readonly<Record<Level, readonly Tag[]>> = {
  STUDY: [
    Tags.StudyDate,
    Tags.StudyTime,
    Tags.AccessionNumber,
    Tags.ReferringPhysicianName,
    Tags.StudyDescription,
    Tags.PatientID,
    Tags.IssuerOfPatientID,
    Tags.StudyID,
    Tags.NumberOfStudyRelatedInstances,
  ],
  SERIES: [
    Tags.Modality,
    Tags.SeriesDescription,
    Tags.BodyPartExamined,
    Tags.SeriesNumber,
    Tags.NumberOfSeriesRelatedInstances,
  ],
  IMAGE: [Tags.SOPClassUID, Tags.InstanceNumber, Tags.NumberOfFrames],
};

/**
 * A hierarchical query (PS3.4 C.4.1.3.1.1): one value for the unique key of each level above, an empty one at the level
 * asked, empty return keys. A UID has no wild card, and a query that skips a level would need relational negotiation.
 */
export function query(
  level: Level,
  { issuerOID }: PacsProfile,
  studyInstanceUID: string,
  seriesInstanceUID?: string,
): DataSet {
  const identifier = new DataSet()
    .set(Tags.QueryRetrieveLevel, "CS", level)
    .set(Tags.StudyInstanceUID, "UI", studyInstanceUID);
  if (level !== "STUDY") identifier.set(Tags.SeriesInstanceUID, "UI", seriesInstanceUID ?? "");
  if (level === "IMAGE") identifier.set(Tags.SOPInstanceUID, "UI", "");
  for (const tag of RETURN_KEYS[level]) identifier.set(tag, vrOf(tag), "");
  if (level === "STUDY" && issuerOID) identifier.set(Tags.IssuerOfPatientIDQualifiersSequence, "SQ", []);
  return identifier;
}
