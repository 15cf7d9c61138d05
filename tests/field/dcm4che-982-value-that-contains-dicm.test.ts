/** dcm4che/dcm4che#982: a data set alone, one of whose values holds the letters DICM at offset 128. */
import { expect, it } from "vitest";
import { ImplicitVRLittleEndian, readPart10, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import { explicit, implicit } from "../dicom/bytes.ts";

it.each([
  ["explicit", explicit],
  ["implicit", (tag: number, _: string, value: string) => implicit(tag, value)],
])("a file is told by its structure, not by four letters (%s VR)", (_, element) => {
  const first = element(0x00080060, "CS", "CT");
  const text = `${"x".repeat(128 - first.length - 8)}DICM${"y".repeat(200)}`;
  const bytes = Buffer.concat([first, element(0x00081030, "LO", text), element(0x00100020, "LO", "4711")]);
  expect(bytes.toString("latin1", 128, 132)).toBe("DICM");
  const read = readPart10(bytes);
  expect(read.meta.size).toBe(0);
  expect(read.dataSet.string(Tags.PatientID)).toBe("4711");
  expect(writePart10(read).equals(bytes)).toBe(true);
});

it("even when what follows the letters looks like a group 0002 tag", () => {
  const first = implicit(0x00080060, "CT");
  const text = `${"x".repeat(128 - first.length - 8)}DICM\x02\0\0\0${"y".repeat(200)}`;
  const read = readPart10(Buffer.concat([first, implicit(0x00081030, text)]));
  expect(read.transferSyntax).toBe(ImplicitVRLittleEndian);
  expect(read.dataSet.size).toBe(2);
});
