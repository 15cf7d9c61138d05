import { expect, it } from "vitest";
import { Tags } from "../../appliance/dicom/index.ts";
import { statusFault } from "../../appliance/dimse/index.ts";
import { STUDY, scriptedPacs, wellBehaved } from "../pacs/scripted-pacs.ts";

// An archive refuses a query whose keys above the level are not single values: `*` or nothing in StudyInstanceUID at IMAGE
// level, or an attribute of the study asked of its instances (also #2032).
it("dcm4che/dcm4chee-arc-light#4252: a strict archive is satisfied, as we walk the hierarchy with single values", async () => {
  const allowed: Readonly<Record<"STUDY" | "SERIES" | "IMAGE", readonly number[]>> = {
    STUDY: [0x0008, 0x0010, 0x0020],
    SERIES: [
      Tags.Modality,
      Tags.SeriesDescription,
      Tags.BodyPartExamined,
      Tags.SeriesNumber,
      Tags.SeriesInstanceUID,
      Tags.NumberOfSeriesRelatedInstances,
    ],
    IMAGE: [Tags.SOPClassUID, Tags.SOPInstanceUID, Tags.InstanceNumber, Tags.NumberOfFrames, Tags.SeriesInstanceUID],
  };
  const archive = wellBehaved(2, 2);
  await using strict = await scriptedPacs({
    *find(asked) {
      const { level, identifier, study, series } = asked;
      const above = level === "IMAGE" ? [study, series] : [study];
      const keys = [...identifier].map(({ tag }) => tag);
      const foreign = keys.filter(
        (tag) =>
          tag !== Tags.QueryRetrieveLevel &&
          tag !== Tags.StudyInstanceUID &&
          !(level === "STUDY" ? allowed.STUDY.includes(tag >>> 16) : allowed[level].includes(tag)),
      );
      if (foreign.length > 0 || !above.every((uid) => /^[0-9.]+$/.test(uid))) throw statusFault("C-FIND", 0xa900);
      yield* archive.find(asked) as Iterable<typeof identifier>;
    },
  });
  expect((await strict.pacs.findStudy(STUDY))?.series.map(({ instances }) => instances.length)).toEqual([2, 2]);
});
