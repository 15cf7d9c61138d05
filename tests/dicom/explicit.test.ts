/** Images that a PACS keeps in Implicit VR leave in Explicit VR, without ever being whole in memory (DB.SO.41). */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  readPart10,
  Tags,
  toExplicitVR,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { hasCommand } from "../support/peers.ts";

async function converted(chunks: readonly Uint8Array[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(toExplicitVR(streamOf(chunks))));
}
async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const instances = syntheticStudy({
  series: [{ kind: "CT", size: 16 }, { kind: "MR", size: 16 }, { kind: "SR" }, { kind: "PDF" }],
}).instances;

describe("Implicit VR turned into Explicit VR", () => {
  it.each(instances)("says of $sopClassUID what Explicit VR says, byte for byte", async ({ dataSet }) => {
    const implicit = encodeDataSet(dataSet, ImplicitVRLittleEndian);
    const whole = readDataSet(implicit, { transferSyntax: ImplicitVRLittleEndian });
    expect(await converted([implicit])).toEqual(encodeDataSet(whole, ExplicitVRLittleEndian));
  });

  it("whatever the pieces in which it comes", async () => {
    const implicit = encodeDataSet(instances[0]!.dataSet, ImplicitVRLittleEndian);
    const explicit = await converted([implicit]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: implicit.length - 1 }), { maxLength: 12 }), async (cuts) => {
        const ends = [...new Set(cuts)].sort((one, two) => one - two);
        const pieces = [0, ...ends].map((start, index) => implicit.subarray(start, ends[index] ?? implicit.length));
        expect(await converted(pieces)).toEqual(explicit);
      }),
      { numRuns: 100 },
    );
    expect(await converted([...implicit].map((byte) => Uint8Array.of(byte)))).toEqual(explicit);
  });

  it("calls pixels of eight bits bytes, and others words", async () => {
    for (const [bits, vr] of [
      [8, "OB"],
      [16, "OW"],
    ] as const) {
      const dataSet = new DataSet().set(Tags.BitsAllocated, "US", bits).set(Tags.PixelData, "OW", Buffer.alloc(4));
      const out = await converted([encodeDataSet(dataSet, ImplicitVRLittleEndian)]);
      expect(readDataSet(out, { transferSyntax: ExplicitVRLittleEndian }).get(Tags.PixelData)?.vr).toBe(vr);
    }
  });

  it.each([
    ["cut in the pixels", -1],
    ["cut in the header of the pixels", -(16 * 16 * 2) - 3],
  ])("refuses what is %s", async (_, end) => {
    const implicit = encodeDataSet(instances[0]!.dataSet, ImplicitVRLittleEndian);
    await expect(converted([implicit.subarray(0, end)])).rejects.toMatchObject({ code: "DICOM_TRUNCATED" });
  });

  it("refuses pixels of undefined length, which only compressed ones have", async () => {
    await expect(converted([Buffer.from("e07f1000ffffffff", "hex")])).rejects.toMatchObject({
      code: "DICOM_LENGTH_INVALID",
    });
  });

  it.skipIf(!hasCommand("dcmconv"))("means what DCMTK makes of it (needs dcmconv)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "explicit-"));
    try {
      for (const { dataSet } of instances) {
        writeFileSync(join(folder, "in.dcm"), writePart10({ dataSet, transferSyntax: ImplicitVRLittleEndian }));
        execFileSync("dcmconv", ["+te", join(folder, "in.dcm"), join(folder, "out.dcm")]);
        const theirs = readPart10(readFileSync(join(folder, "out.dcm"))).dataSet;
        const out = await converted([encodeDataSet(dataSet, ImplicitVRLittleEndian)]);
        const ours = readDataSet(out, { transferSyntax: ExplicitVRLittleEndian });
        expect([...ours].map(({ tag, vr }) => [tag, vr])).toEqual([...theirs].map(({ tag, vr }) => [tag, vr]));
        for (const { tag, items } of ours) if (items === undefined) expect(ours.bytes(tag)).toEqual(theirs.bytes(tag));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
