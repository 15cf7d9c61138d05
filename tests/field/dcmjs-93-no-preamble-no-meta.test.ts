/** dcmjs-org/dcmjs#93, pydicom/pydicom#150: a file that begins with its first element, 08 00 05 00. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  readPart10,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { codeOf, explicit, implicit } from "../dicom/bytes.ts";
import { sharedSamples } from "../support/samples.ts";

const samples = sharedSamples();

it.each([
  [ExplicitVRLittleEndian, explicit(0x00080005, "CS", "ISO_IR 100"), explicit(0x00080060, "CS", "CT")],
  [ImplicitVRLittleEndian, implicit(0x00080005, "ISO_IR 100"), implicit(0x00080060, "CT")],
])("$name is recognised by its structure", (syntax, ...elements) => {
  const bytes = Buffer.concat(elements);
  const read = readPart10(bytes);
  expect(read.transferSyntax).toBe(syntax);
  expect(read.meta.size).toBe(0);
  expect(read.preamble).toHaveLength(0);
  expect(read.dataSet.string(Tags.Modality)).toBe("CT");
  expect(writePart10(read).equals(bytes)).toBe(true);
});

it.skipIf(samples === undefined)(
  "real ones: one is read, one has a stray first byte and is refused (skipped when ../shared is absent)",
  () => {
    const file = (name: string) => readFileSync(join(samples!, "dicom-corpus", name));
    expect(readPart10(file("ExplVR_LitEndNoMeta.dcm")).dataSet.string(Tags.SOPInstanceUID)).toBeDefined();
    expect(codeOf(() => readPart10(file("no_meta.dcm")))).toBe("DICOM_NOT_DICOM");
  },
);
