/** microsoft/dicom-server#3257: study, series and instance carry the same UID. Unusual, and not ours to refuse. */
import { expect, it } from "vitest";
import { readPart10, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import { explicit, part10 } from "../dicom/bytes.ts";

it("is read and written like any other", () => {
  const elements = [0x00080018, 0x0020000d, 0x0020000e].map((tag) => explicit(tag, "UI", "2.25.1"));
  const bytes = part10("1.2.840.10008.1.2.1", ...elements);
  const read = readPart10(bytes);
  const uids = [Tags.SOPInstanceUID, Tags.StudyInstanceUID, Tags.SeriesInstanceUID].map((tag) =>
    read.dataSet.string(tag),
  );
  expect(new Set(uids)).toEqual(new Set(["2.25.1"]));
  expect(writePart10(read).equals(bytes)).toBe(true);
});
