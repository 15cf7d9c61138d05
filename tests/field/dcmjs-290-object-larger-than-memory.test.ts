/** dcmjs-org/dcmjs#290: an object of more than 1 GB throws. */
import { expect, it } from "vitest";
import { ExplicitVRLittleEndian, encodeDataSet, readHeader, Tags } from "../../appliance/dicom/index.ts";
import { explicit } from "../dicom/bytes.ts";

it("1.2 GB of frames flow through; the header is read, and memory stays flat", async () => {
  const chunk = Buffer.alloc(1 << 20, 1);
  const chunks = 1200;
  const header = explicit(0x00280008, "IS", "1200");
  async function* object() {
    yield header;
    yield explicit(0x7fe00010, "OW", "", chunks * chunk.length);
    for (let count = 0; count < chunks; count++) yield Buffer.from(chunk);
  }
  const before = process.memoryUsage().rss;
  const { dataSet, rest } = await readHeader(object(), ExplicitVRLittleEndian);
  expect(dataSet.integer(Tags.NumberOfFrames)).toBe(1200);
  expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(header)).toBe(true);
  let received = 0;
  let highest = 0;
  for await (const bytes of rest) {
    received += bytes.length;
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  expect(received).toBe(12 + chunks * chunk.length);
  expect(highest - before).toBeLessThan(300 * 1024 * 1024);
});
