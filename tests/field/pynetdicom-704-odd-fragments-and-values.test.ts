/** pydicom/pynetdicom#704: an odd fragment makes peers abort. What we make is padded, what we get is read and kept. */
import { expect, it } from "vitest";
import { DataSet, ExplicitVRLittleEndian, encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit, sequenceEnd, tagBytes, UNDEFINED, u32 } from "../dicom/bytes.ts";

const jpeg2000 = "1.2.840.10008.1.2.4.90";

it("an odd fragment that we write is padded", () => {
  const made = new DataSet().set(Tags.PixelData, "OB", [new Uint8Array(0), Buffer.from("J2K")]);
  const [, fragment] = readDataSet(encodeDataSet(made, jpeg2000), { transferSyntax: jpeg2000 }).fragments(
    Tags.PixelData,
  )!;
  expect(Buffer.from(fragment!).toString()).toBe("J2K\0");
});

it("an odd fragment that we receive is read, and written back odd", () => {
  const items = Buffer.concat([
    tagBytes(0xfffee000),
    u32(0),
    tagBytes(0xfffee000),
    u32(3),
    Buffer.from("J2K"),
    sequenceEnd,
  ]);
  const bytes = explicit(0x7fe00010, "OB", items, UNDEFINED);
  const dataSet = readDataSet(bytes, { transferSyntax: jpeg2000 });
  expect(dataSet.fragments(Tags.PixelData)![1]).toHaveLength(3);
  expect(encodeDataSet(dataSet, jpeg2000).equals(bytes)).toBe(true);
});

it("so is a value of odd length", () => {
  const bytes = Buffer.concat([explicit(0x00080060, "CS", "PET"), explicit(0x00100020, "LO", "4711")]);
  const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
  expect(dataSet.string(Tags.Modality)).toBe("PET");
  expect(dataSet.string(Tags.PatientID)).toBe("4711");
  expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(bytes)).toBe(true);
});
