import { DataSet, Tags } from "../../dicom/index.ts";
import { StudyRoot } from "../../dimse/index.ts";
import { uidOf } from "../answers.ts";
import { contextsOf } from "../connection.ts";
import { explain } from "../explain.ts";
import { type Job, type Source, turnOf } from "./way.ts";

/**
 * Whether the PACS lists any instance that was asked for. Archives answer in all ways to a retrieve of what they do not have;
 * only a query that ends well and names none of them says that they are gone.
 */
export function hasAny({ address, associated }: Source, { request, intake, signal }: Job): Promise<boolean> {
  const identifier = new DataSet()
    .set(Tags.QueryRetrieveLevel, "CS", "IMAGE")
    .set(Tags.StudyInstanceUID, "UI", request.studyInstanceUID)
    .set(Tags.SeriesInstanceUID, "UI", request.seriesInstanceUID)
    .set(Tags.SOPInstanceUID, "UI", "");
  return associated(
    contextsOf(StudyRoot.find),
    signal,
    async (association) => {
      try {
        for await (const answer of association.find({ sopClassUID: StudyRoot.find, identifier, signal })) {
          if (intake.expected.has(uidOf(answer, Tags.SOPInstanceUID))) return true;
        }
        return false;
      } catch (error) {
        throw explain(error, address.name, "IMAGE");
      }
    },
    turnOf(request),
  );
}
