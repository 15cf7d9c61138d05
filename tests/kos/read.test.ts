import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { type DataSet, ExplicitVRLittleEndian, readPart10, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import { buildManifest, readManifest } from "../../appliance/kos/index.ts";
import { sharedSamples } from "../support/samples.ts";
import { CLASSES, manifestInput } from "./fixtures.ts";

const samples = sharedSamples();
const manifests =
  samples === undefined
    ? []
    : ["dicom", "ans-demonstrator"].flatMap((folder) => globSync(join(samples, folder, "**/*.{dcm,DCM}")));

describe.skipIf(samples === undefined)("manifests of other makers (skipped when ../shared is absent)", () => {
  it("are all there", () => {
    expect(manifests.length).toBeGreaterThanOrEqual(23);
  });

  it.each(manifests.map((path) => [basename(path), path]))("%s", (_, path) => {
    const content = readManifest(readFileSync(path));
    expect(content.title.value).toMatch(/^(113030|113000|MADOTEMP001)$/);
    expect(content.studies.length).toBeGreaterThan(0);
    for (const { series } of content.studies) {
      for (const one of series) expect(one.instances.length).toBeGreaterThan(0);
    }
  });

  it("the demonstrator's lines give modality and description", () => {
    const paths = manifests.filter((path) => /(ko|kos|KOS_1_1)\.(dcm|DCM)$/.test(path));
    expect(paths.length).toBe(3);
    for (const path of paths) {
      const [first] = readManifest(readFileSync(path)).studies[0]?.series ?? [];
      expect(first?.modality).toMatch(/^(CT|MR)$/);
      expect(first?.description).toMatch(/Dentascan|T2 Ax Space/);
    }
  });
});

describe("a reader's manners", () => {
  const altered = async (change: (dataSet: DataSet) => void) => {
    const { dataSet } = readPart10((await buildManifest(manifestInput())).bytes);
    change(dataSet);
    return writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian });
  };
  const evidence = (dataSet: DataSet) => dataSet.items(Tags.CurrentRequestedProcedureEvidenceSequence)[0]!;

  it.each<[string, string, (dataSet: DataSet) => void]>([
    ["KOS_NOT_A_MANIFEST", "another kind of object", (root) => root.set(Tags.SOPClassUID, "UI", CLASSES.CT)],
    ["KOS_NOT_A_MANIFEST", "an object without class", (root) => root.delete(Tags.SOPClassUID)],
    ["KOS_UNREADABLE", "no evidence", (root) => root.delete(Tags.CurrentRequestedProcedureEvidenceSequence)],
    ["KOS_UNREADABLE", "a study without UID", (root) => evidence(root).delete(Tags.StudyInstanceUID)],
    [
      "KOS_UNREADABLE",
      "a series without UID",
      (root) => evidence(root).items(Tags.ReferencedSeriesSequence)[0]!.delete(Tags.SeriesInstanceUID),
    ],
    ["KOS_UNREADABLE", "no identity of its own", (root) => root.delete(Tags.SOPInstanceUID)],
  ])("%s: %s", async (code, _, change) => {
    const bytes = await altered((root) => void change(root));
    expect(() => readManifest(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it("damaged bytes are read or refused with a code, never anything else", async () => {
    const { bytes } = await buildManifest(manifestInput());
    const place = fc.nat({ max: bytes.length - 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { maxLength: 8 }), place, (edits, end) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of edits) damaged[at] = value;
        try {
          readManifest(edits.length === 0 ? damaged.subarray(0, end) : damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
