import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeDataSet, readFileHeader, readPart10, writePart10 } from "../../appliance/dicom/index.ts";
import { sharedSamples } from "../support/samples.ts";
import { codeOf, collect, inChunks } from "./bytes.ts";

const samples = sharedSamples();
const files = samples === undefined ? [] : globSync(["dicom-corpus/*.dcm", "dicom/**/*.dcm"], { cwd: samples }).sort();

/** Files that no reader should accept, and why. */
const refused: Readonly<Record<string, string>> = {
  // Announces 8192 bytes of pixels and holds 8130.
  "dicom-corpus/MR_truncated.dcm": "DICOM_TRUNCATED",
  // Says JPEG Baseline, which is explicit VR, and is written in implicit VR.
  "dicom-corpus/SC_rgb_jpeg.dcm": "DICOM_VR_INVALID",
  // One stray byte before the first element, and no meta information.
  "dicom-corpus/no_meta.dcm": "DICOM_NOT_DICOM",
};

describe.skipIf(samples === undefined)("every sample object (skipped when ../shared is absent)", () => {
  it("finds the corpus", () => {
    expect(files.length).toBeGreaterThan(90);
  });

  for (const file of files) {
    const code = refused[file];
    if (code !== undefined) {
      it(`${file} is refused: ${code}`, () => {
        expect(codeOf(() => readPart10(readFileSync(join(samples!, file))))).toBe(code);
      });
      continue;
    }
    it(`${file} is written back byte for byte`, async () => {
      const bytes = readFileSync(join(samples!, file));
      const read = readPart10(bytes);
      expect(writePart10(read).equals(bytes)).toBe(true);
      const streamed = await readFileHeader(inChunks(bytes, 1000));
      const header = encodeDataSet(streamed.dataSet, streamed.transferSyntax);
      const whole = Buffer.concat([header, await collect(streamed.rest)]);
      expect(whole.equals(encodeDataSet(read.dataSet, streamed.transferSyntax))).toBe(true);
    });
  }
});
