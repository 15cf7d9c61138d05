/** dcmjs-org/dcmjs#331, #448: an endless loop on a file without (0002,0000). */
import { expect, it } from "vitest";
import { readPart10, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import { explicit, meta } from "../dicom/bytes.ts";

it("the meta information is read element by element up to the next group", () => {
  const bytes = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    meta("1.2.840.10008.1.2.1", { groupLength: false }),
    explicit(0x00080060, "CS", "CT"),
  ]);
  const read = readPart10(bytes);
  expect(read.meta.has(Tags.FileMetaInformationGroupLength)).toBe(false);
  expect(read.dataSet.string(Tags.Modality)).toBe("CT");
  expect(writePart10(read).equals(bytes)).toBe(true);
});

it("a file that ends with it ends", () => {
  const bytes = Buffer.concat([
    Buffer.alloc(128),
    Buffer.from("DICM"),
    meta("1.2.840.10008.1.2.1", { groupLength: false }),
  ]);
  expect(readPart10(bytes).dataSet.size).toBe(0);
});
