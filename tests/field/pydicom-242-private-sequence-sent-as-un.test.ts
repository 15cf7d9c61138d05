/** pydicom/pydicom#242: Philips (2001,9000) as UN; its VR must not be guessed from its first bytes, at any depth. */
import { expect, it } from "vitest";
import { ExplicitVRLittleEndian, encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit, implicit, item, openItem, sequenceEnd, UNDEFINED } from "../dicom/bytes.ts";

const transferSyntax = ExplicitVRLittleEndian;
const nested = item(implicit(0x20011001, "SQLO"), implicit(0x20019001, item(implicit(0x20050010, "Philips "))));

it("of defined length it is opaque, nested or not", () => {
  const inside = explicit(0x00081115, "SQ", item(explicit(0x20019000, "UN", nested), explicit(0x00200011, "IS", "7 ")));
  const bytes = Buffer.concat([inside, explicit(0x20019000, "UN", nested), explicit(0x20500020, "CS", "IDENTITY")]);
  const dataSet = readDataSet(bytes, { transferSyntax });
  expect(dataSet.get(0x20019000)?.vr).toBe("UN");
  expect(dataSet.items(0x20019000)).toEqual([]);
  const [series] = dataSet.items(Tags.ReferencedSeriesSequence);
  expect(Buffer.from(series!.bytes(0x20019000)!).equals(nested)).toBe(true);
  expect(series!.integer(Tags.SeriesNumber)).toBe(7);
  expect(dataSet.string(0x20500020)).toBe("IDENTITY");
  expect(encodeDataSet(dataSet, transferSyntax).equals(bytes)).toBe(true);
});

it("of undefined length it is a sequence in implicit VR (CP-246)", () => {
  const open = Buffer.concat([openItem(implicit(0x20011001, "SQLO")), sequenceEnd]);
  const bytes = Buffer.concat([explicit(0x20019000, "UN", open, UNDEFINED), explicit(0x20500020, "CS", "IDENTITY")]);
  const dataSet = readDataSet(bytes, { transferSyntax });
  expect(Buffer.from(dataSet.items(0x20019000)[0]!.bytes(0x20011001)!).toString()).toBe("SQLO");
  expect(dataSet.string(0x20500020)).toBe("IDENTITY");
  expect(encodeDataSet(dataSet, transferSyntax).equals(bytes)).toBe(true);
});
