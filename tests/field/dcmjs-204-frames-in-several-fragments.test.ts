/** dcmjs-org/dcmjs#204, #158: frames larger than one fragment, and time that grows faster than the number of frames. */
import { expect, it } from "vitest";
import { encodeDataSet, readDataSet, Tags } from "../../appliance/dicom/index.ts";
import { explicit, sequenceEnd, tagBytes, UNDEFINED, u32 } from "../dicom/bytes.ts";

const transferSyntax = "1.2.840.10008.1.2.4.90";
const fragmentSize = 20_000;
const fragmentsPerFrame = 5;

function encapsulated(frames: number): Buffer {
  const table = Buffer.concat(
    [...Array(frames).keys()].map((frame) => u32(frame * fragmentsPerFrame * (fragmentSize + 8))),
  );
  const fragments = [...Array(frames * fragmentsPerFrame).keys()].map((index) =>
    Buffer.concat([tagBytes(0xfffee000), u32(fragmentSize), Buffer.alloc(fragmentSize, index)]),
  );
  const value = Buffer.concat([tagBytes(0xfffee000), u32(table.length), table, ...fragments, sequenceEnd]);
  return explicit(0x7fe00010, "OB", value, UNDEFINED);
}

it("120 frames of 5 fragments: the offset table leads to each frame's first fragment, and nothing is copied", () => {
  const bytes = encapsulated(120);
  const dataSet = readDataSet(bytes, { transferSyntax });
  const [table, ...fragments] = dataSet.fragments(Tags.PixelData)!;
  expect(fragments).toHaveLength(600);
  const start = fragments[0]!.byteOffset - 8;
  for (let frame = 0; frame < 120; frame++) {
    const first = fragments[frame * fragmentsPerFrame]!;
    expect(Buffer.from(table!).readUInt32LE(frame * 4)).toBe(first.byteOffset - 8 - start);
    expect(first[0]).toBe((frame * fragmentsPerFrame) & 0xff);
    expect(first.buffer).toBe(bytes.buffer);
  }
  expect(encodeDataSet(dataSet, transferSyntax).equals(bytes)).toBe(true);
});

it("ten times the frames take about ten times the time", () => {
  const time = (frames: number) => {
    const bytes = encapsulated(frames);
    const spent = Array.from({ length: 5 }, () => {
      const start = performance.now();
      readDataSet(bytes, { transferSyntax }).fragments(Tags.PixelData);
      return performance.now() - start;
    });
    return Math.min(...spent);
  };
  time(100);
  expect(time(1000)).toBeLessThan(Math.max(10 * 5 * time(100), 50));
});
