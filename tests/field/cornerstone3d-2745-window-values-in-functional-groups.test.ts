/** cornerstonejs/cornerstone3D#2745: in an Enhanced MR the window values are in nested functional groups, which must survive. */
import { expect, it } from "vitest";
import {
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  readHeader,
  Tags,
} from "../../appliance/dicom/index.ts";
import { collect, explicit, inChunks, item, meaning, openItem, sequenceEnd, UNDEFINED } from "../dicom/bytes.ts";

const PER_FRAME = 0x52009230;
const FRAME_VOI_LUT = 0x00289132;
const frame = (center: string) =>
  openItem(explicit(FRAME_VOI_LUT, "SQ", item(explicit(0x00281050, "DS", center), explicit(0x00281051, "DS", "400 "))));
const groups = explicit(PER_FRAME, "SQ", Buffer.concat([frame("40"), frame("80"), sequenceEnd]), UNDEFINED);
const object = Buffer.concat([explicit(0x00280008, "IS", "2 "), groups, explicit(0x7fe00010, "OW", Buffer.alloc(64))]);

it("a header read from a stream has them all", async () => {
  const { dataSet, rest } = await readHeader(inChunks(object, 11), ExplicitVRLittleEndian);
  const centers = dataSet.items(PER_FRAME).map((one) => one.items(FRAME_VOI_LUT)[0]?.number(Tags.WindowCenter));
  expect(centers).toEqual([40, 80]);
  expect((await collect(rest)).length).toBe(12 + 64);
});

it("they stay when another element changes, and in another transfer syntax", () => {
  const dataSet = readDataSet(object, { transferSyntax: ExplicitVRLittleEndian });
  const before = meaning(dataSet);
  dataSet.set(Tags.NumberOfFrames, "IS", "2");
  expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(object)).toBe(true);
  const implicit = encodeDataSet(dataSet, ImplicitVRLittleEndian);
  expect(meaning(readDataSet(implicit, { transferSyntax: ImplicitVRLittleEndian }))).toEqual(before);
});
