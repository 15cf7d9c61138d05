/** Images that a PACS keeps in Implicit VR leave in Explicit VR, without ever being whole in memory (DB.SO.41). */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  readPart10,
  Tags,
  tagString,
  toExplicitVR,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { corpusFiles } from "../support/corpus.ts";
import { hasCommand } from "../support/peers.ts";
import { implicit, item, openItem, sequenceEnd, UNDEFINED } from "./bytes.ts";

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

  it("goes on behind the pixels: a signature, of defined length or not, padding, and zeros that are nothing", async () => {
    const behind = (undefinedLength: boolean) => {
      const inner = implicit(0x04000005, "1 ");
      return Buffer.concat([
        implicit(0x7fe00010, "abcd"),
        undefinedLength
          ? Buffer.concat([implicit(0xfffafffa, "", UNDEFINED), openItem(inner), sequenceEnd])
          : implicit(0xfffafffa, item(inner)),
        implicit(0xfffcfffc, "\0\0"),
      ]);
    };
    for (const bytes of [behind(true), behind(false)]) {
      const whole = readDataSet(bytes, { transferSyntax: ImplicitVRLittleEndian });
      const expected = encodeDataSet(whole, ExplicitVRLittleEndian);
      expect(await converted([bytes])).toEqual(expected);
      expect(await converted([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      expect(await converted([bytes, Buffer.alloc(5)])).toEqual(expected);
      expect(await converted([bytes, Buffer.alloc(11)])).toEqual(expected);
    }
    await expect(converted([behind(true).subarray(0, -20)])).rejects.toMatchObject({ code: "DICOM_TRUNCATED" });
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

  /** Both convert the file: element by element the same VR, and the same bytes. */
  async function expectSameAsDcmtk(file: Buffer, dataSet: Buffer): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "explicit-"));
    try {
      writeFileSync(join(folder, "in.dcm"), file);
      execFileSync("dcmconv", ["+te", join(folder, "in.dcm"), join(folder, "out.dcm")]);
      const theirs = readPart10(readFileSync(join(folder, "out.dcm"))).dataSet;
      const ours = readDataSet(await converted([dataSet]), { transferSyntax: ExplicitVRLittleEndian });
      expect(layout(ours)).toEqual(layout(theirs));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it.skipIf(!hasCommand("dcmconv")).each(instances)(
    "means for $sopClassUID what DCMTK makes of it (needs dcmconv)",
    ({ dataSet }) =>
      expectSameAsDcmtk(
        writePart10({ dataSet, transferSyntax: ImplicitVRLittleEndian }),
        encodeDataSet(dataSet, ImplicitVRLittleEndian),
      ),
  );

  const implicitFiles = corpusFiles().filter(({ transferSyntax }) => transferSyntax === ImplicitVRLittleEndian.uid);
  it.skipIf(implicitFiles.length === 0 || !hasCommand("dcmconv")).each(implicitFiles)(
    "means for $name what DCMTK makes of it (needs ../shared, dcmconv)",
    ({ path, dataSet }) => expectSameAsDcmtk(readFileSync(path), dataSet),
  );

  const nativeFiles = corpusFiles().filter(({ transferSyntax }) =>
    [ExplicitVRLittleEndian.uid, ExplicitVRBigEndian.uid].includes(transferSyntax),
  );
  it.skipIf(nativeFiles.length === 0 || !hasCommand("dcmconv")).each(nativeFiles)(
    "means for $name, made implicit, what DCMTK makes of it (needs ../shared, dcmconv)",
    ({ path }) => {
      const { dataSet } = readPart10(readFileSync(path));
      const file = writePart10({ dataSet, transferSyntax: ImplicitVRLittleEndian });
      return expectSameAsDcmtk(file, encodeDataSet(dataSet, ImplicitVRLittleEndian));
    },
  );
});

/**
 * Tag, VR and bytes of every element, items within. DCMTK knows private elements of some vendors, which are UN for us; and it
 * calls bytes of pixels words, which PS3.5 A.2 leaves free.
 */
function layout(dataSet: DataSet): unknown[] {
  return [...dataSet]
    .filter(({ tag }) => (tag & 0xffff) !== 0)
    .map(({ tag, vr, items }) => [
      tagString(tag),
      isPrivate(tag) || tag === Tags.PixelData ? "any" : vr,
      items?.map(layout) ?? Buffer.from(dataSet.bytes(tag)!).toString("hex"),
    ]);
}

const isPrivate = (tag: number) => (tag & 0x10000) !== 0;
