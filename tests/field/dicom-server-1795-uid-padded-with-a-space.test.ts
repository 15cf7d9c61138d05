/** microsoft/dicom-server#1795, #1816: StudyInstanceUID padded with a space instead of NUL. */
import { expect, it } from "vitest";
import { ExplicitVRLittleEndian, encodeDataSet, isValidUID, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit } from "../dicom/bytes.ts";

it.each(["1.2.3 ", "1.2.3\0", "1.2.3", "1.2.34  ", "1.2.3 \0"])(
  "%j is compared trimmed, and its bytes are kept",
  (value) => {
    const bytes = explicit(0x0020000d, "UI", value);
    const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
    const uid = dataSet.string(Tags.StudyInstanceUID)!;
    expect(isValidUID(uid)).toBe(true);
    expect(uid).toBe(value.trim().replaceAll("\0", "").trim());
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(bytes)).toBe(true);
  },
);
