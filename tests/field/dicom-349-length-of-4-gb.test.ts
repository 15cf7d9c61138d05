/** suyashkumar/dicom#349: OB of length FFFFFFFF in a file of 18 bytes allocates 4 GB. */
import { expect, it } from "vitest";
import {
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  readDataSet,
  readPart10,
} from "../../appliance/dicom/index.ts";
import { codeOf, explicit, implicit, part10 } from "../dicom/bytes.ts";

it.each([
  ["undefined length", explicit(0x7fe00010, "OB", "abcdef", 0xffffffff), ExplicitVRLittleEndian, "DICOM_TRUNCATED"],
  ["4 GB less two bytes", explicit(0x7fe00010, "OB", "abcdef", 0xfffffffe), ExplicitVRLittleEndian, "DICOM_TRUNCATED"],
  ["a text of 4 GB", explicit(0x0040a160, "UT", "abcdef", 0xfffffffe), ExplicitVRLittleEndian, "DICOM_TRUNCATED"],
  ["a sequence of 4 GB", implicit(0x0040a730, "abcdef", 0xfffffffe), ImplicitVRLittleEndian, "DICOM_TRUNCATED"],
])("%s: refused before anything is allocated", (_, bytes, transferSyntax, code) => {
  const before = process.memoryUsage();
  expect(codeOf(() => readDataSet(bytes, { transferSyntax }))).toBe(code);
  expect(codeOf(() => readPart10(part10(transferSyntax.uid, bytes)))).toBe(code);
  const after = process.memoryUsage();
  expect(after.rss - before.rss).toBeLessThan(64 * 1024 * 1024);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1024 * 1024);
});
