import { describe, expect, it } from "vitest";
import { Tags, tagString, vrOf } from "../../appliance/dicom/index.ts";

describe("the dictionary", () => {
  it.each([
    [Tags.SOPInstanceUID, "UI"],
    [Tags.PatientName, "PN"],
    [Tags.ContentSequence, "SQ"],
    [Tags.RetrieveURL, "UR"],
    [Tags.UniversalEntityID, "UT"],
    [Tags.Rows, "US"],
    [Tags.PixelData, "OW"],
    [0x00080000, "UL"],
    [0x60120010, "US"],
    [0x60023000, "OW"],
    [0x00203105, "CS"],
    [0x00090010, "LO"],
    [0x000900ff, "LO"],
    [0x00090100, "UN"],
    [0x00091010, "UN"],
    [0x00091000, "UN"],
    [0x00080009, "UN"],
    [0x60110010, "LO"],
  ])("%d is %s", (tag, vr) => {
    expect(vrOf(tag)).toBe(vr);
  });

  it("writes tags as the standard does", () => {
    expect(tagString(Tags.PixelData)).toBe("(7FE0,0010)");
    expect(tagString(0xfffee000)).toBe("(FFFE,E000)");
  });
});
