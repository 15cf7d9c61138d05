import { DataSet, Tags } from "../../dicom/index.ts";
import type { RetrieveRequest } from "./model.ts";

/** UIDs in one list (PS3.4 C.2.2.2.2): 500 of 65 bytes stay below the 65,534 bytes of an explicit VR UI. */
const UID_LIST = 500;

/** What to ask for: the series, or these instances of it in lists of a bearable length (PS3.4 C.4.2.2.1). */
export function identifiersOf(
  { studyInstanceUID, seriesInstanceUID }: RetrieveRequest,
  sopInstanceUIDs: readonly string[] | undefined,
): DataSet[] {
  const at = (level: "SERIES" | "IMAGE") =>
    new DataSet()
      .set(Tags.QueryRetrieveLevel, "CS", level)
      .set(Tags.StudyInstanceUID, "UI", studyInstanceUID)
      .set(Tags.SeriesInstanceUID, "UI", seriesInstanceUID);
  if (sopInstanceUIDs === undefined) return [at("SERIES")];
  const lists = Array.from({ length: Math.ceil(sopInstanceUIDs.length / UID_LIST) }, (_, index) =>
    sopInstanceUIDs.slice(index * UID_LIST, (index + 1) * UID_LIST),
  );
  return lists.map((list) => at("IMAGE").set(Tags.SOPInstanceUID, "UI", list));
}
