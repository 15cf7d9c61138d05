/** microsoft/dicom-server#456: an empty StudyInstanceUID must be told from an absent one and from a value. */
import { expect, it } from "vitest";
import { ExplicitVRLittleEndian, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit } from "../dicom/bytes.ts";

it.each(["", "\0\0", "  "])("%j: present, and no value", (value) => {
  const dataSet = readDataSet(explicit(0x0020000d, "UI", value), { transferSyntax: ExplicitVRLittleEndian });
  expect(dataSet.has(Tags.StudyInstanceUID)).toBe(true);
  expect(dataSet.string(Tags.StudyInstanceUID)).toBeUndefined();
});
