/** Where each frame of an image is, so that one can be sent without the others (PS3.5 8 and A.4). */
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
  frameLocations,
  locatePixelData,
  readHeader,
  readPart10,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { dataSetBytes } from "../support/corpus.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { explicit, inChunks, item, sequenceEnd, tagBytes, UNDEFINED, u32 } from "./bytes.ts";

const JPEG = "1.2.840.10008.1.2.4.50";
const MPEG2 = "1.2.840.10008.1.2.4.100";
const samples = sharedSamples();

interface Description {
  readonly bits?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly samples?: number;
  readonly photometric?: string;
}

function described(frames: number, description: Description = {}): DataSet {
  const { bits = 8, rows = 2, columns = 4, photometric = "MONOCHROME2" } = description;
  return new DataSet()
    .set(Tags.SamplesPerPixel, "US", description.samples ?? 1)
    .set(Tags.PhotometricInterpretation, "CS", photometric)
    .set(Tags.NumberOfFrames, "IS", frames)
    .set(Tags.Rows, "US", rows)
    .set(Tags.Columns, "US", columns)
    .set(Tags.BitsAllocated, "US", bits)
    .set(Tags.BitsStored, "US", bits)
    .set(Tags.HighBit, "US", bits - 1)
    .set(Tags.PixelRepresentation, "US", 0);
}

/** The bytes of every frame, of a data set in explicit VR. */
async function framesOf(bytes: Buffer, transferSyntax: string): Promise<Buffer[]> {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const until = { untilTag: Tags.FloatPixelData };
  const { dataSet } = await readHeader(inChunks(bytes, 4096), transferSyntax, until);
  const pixelData = await locatePixelData(dataSet, read);
  if (pixelData === undefined) throw new Error("no pixel data");
  const found = await frameLocations({ dataSet, transferSyntax, pixelData, read });
  return found.map(({ pieces }) =>
    Buffer.concat(pieces.map(({ offset, length }) => bytes.subarray(offset, offset + length))),
  );
}

const native = (frames: number, value: Uint8Array, description?: Description) =>
  framesOf(
    encodeDataSet(described(frames, description).set(Tags.PixelData, "OB", value), ExplicitVRLittleEndian),
    ExplicitVRLittleEndian.uid,
  );

interface Encapsulated {
  readonly table?: readonly number[];
  readonly extended?: readonly number[];
  readonly fragments: readonly string[];
  readonly transferSyntax?: string;
}

async function encapsulated(frames: number, given: Encapsulated): Promise<string[]> {
  const { table = [], extended, fragments, transferSyntax = JPEG } = given;
  const head = described(frames);
  if (extended !== undefined) {
    head.set(Tags.ExtendedOffsetTable, "OV", Buffer.from(new BigUint64Array(extended.map(BigInt)).buffer));
  }
  const bytes = Buffer.concat([
    encodeDataSet(head, ExplicitVRLittleEndian),
    explicit(Tags.PixelData, "OB", "", UNDEFINED),
    item(...table.map(u32)),
    ...fragments.map((hex) => item(Buffer.from(hex, "hex"))),
    sequenceEnd,
  ]);
  return (await framesOf(bytes, transferSyntax)).map((frame) => frame.toString("hex"));
}

describe("native frames", () => {
  it("follow each other, one as long as the other; what pads the last is none of it", async () => {
    const value = Buffer.from([...Array(34).keys()]);
    expect(await native(2, value, { bits: 16 })).toEqual([value.subarray(0, 16), value.subarray(16, 32)]);
    expect(await native(1, value, { rows: 3, columns: 3 })).toEqual([value.subarray(0, 9)]);
  });

  it.each([
    ["three samples a pixel", { samples: 3, photometric: "RGB" }, 24],
    ["two of three, when the chrominance is shared", { samples: 3, photometric: "YBR_FULL_422" }, 16],
    ["single bits", { bits: 1 }, 1],
  ])("of %s", async (_, description, length) => {
    const frames = await native(3, Buffer.alloc(length * 3 + (length % 2)), description);
    expect(frames.map((frame) => frame.length)).toEqual([length, length, length]);
  });

  it("of single bits are refused when they begin within a byte; one alone never does", async () => {
    const description = { bits: 1, rows: 3, columns: 3 };
    expect(await native(1, Buffer.alloc(2), description)).toEqual([Buffer.alloc(2)]);
    await expect(native(2, Buffer.alloc(4), description)).rejects.toMatchObject({ code: "DICOM_FRAMES_NOT_ALIGNED" });
  });

  it.each([
    ["more frames than pixels", 3, 16, {}, "DICOM_TRUNCATED"],
    ["no rows", 1, 16, { rows: 0 }, "DICOM_PIXELS_UNDESCRIBED"],
    ["no frame", 0, 16, {}, "DICOM_PIXELS_UNDESCRIBED"],
    ["more frames than an object can have", 2_000_000, 16, {}, "DICOM_TOO_MANY_ELEMENTS"],
  ])("are refused when there are %s", async (_, frames, length, description, code) => {
    await expect(native(frames, Buffer.alloc(length), description)).rejects.toMatchObject({ code });
  });
});

describe("frames in fragments", () => {
  const SPLIT = ["ffd8ff01", "0102", "ffd8ff02", "0304", "0506"];
  const TWO = ["ffd8ff010102", "ffd8ff0203040506"];
  /** Offsets of the items of SPLIT: headers of eight bytes. */
  const TABLE = [0, 22];

  it("are one each, when there are as many", async () => {
    expect(await encapsulated(2, { fragments: ["0102", "0304"] })).toEqual(["0102", "0304"]);
    expect(await encapsulated(2, { fragments: ["0102", "0304"], table: [0, 10] })).toEqual(["0102", "0304"]);
  });

  it("are all of them, when there is one frame", async () => {
    expect(await encapsulated(1, { fragments: ["0102", "0304", "0506"] })).toEqual(["010203040506"]);
  });

  it("are where the basic offset table says, the extended one, or the marks of JPEG", async () => {
    const unmarked = ["0101", "0102", "0202", "0203"];
    expect(await encapsulated(2, { fragments: unmarked, table: [0, 20] })).toEqual(["01010102", "02020203"]);
    expect(await encapsulated(2, { fragments: unmarked, extended: [0, 30] })).toEqual(["010101020202", "0203"]);
    expect(await encapsulated(2, { fragments: SPLIT })).toEqual(TWO);
    expect(await encapsulated(2, { fragments: ["ff4fff51", "0102", "ff4fff51"] })).toEqual([
      "ff4fff510102",
      "ff4fff51",
    ]);
  });

  it.each([
    ["points into fragments", [0, 23]],
    ["does not begin at the first", [12, 22]],
    ["goes back", [22, 0]],
    ["counts from itself", [16, 38]],
    ["has too few offsets", [0]],
    ["has too many", [0, 12, 22]],
  ])("are found by their marks when the table %s", async (_, table) => {
    expect(await encapsulated(2, { fragments: SPLIT, table })).toEqual(TWO);
  });

  it("prefer a true table to marks within a frame", async () => {
    expect(await encapsulated(2, { fragments: SPLIT, table: [0, 12] })).toEqual(["ffd8ff01", "0102ffd8ff0203040506"]);
    expect(await encapsulated(2, { fragments: SPLIT, table: TABLE })).toEqual(TWO);
  });

  it.each([
    ["no table and no marks", { fragments: ["0102", "0304", "0506"] }],
    ["marks of another number of frames", { fragments: ["ffd8ff01", "ffd8ff02", "ffd8ff03"] }],
    ["fewer fragments than frames", { fragments: ["0102"] }],
    ["no fragment", { fragments: [] }],
    ["a moving picture", { fragments: ["0102", "0304"], transferSyntax: MPEG2 }],
  ])("are refused when there is %s", async (_, given) => {
    await expect(encapsulated(2, given)).rejects.toMatchObject({ code: "DICOM_FRAMES_NOT_FOUND" });
  });

  it.each([
    ["cut within a header", item().subarray(0, 5), "DICOM_TRUNCATED"],
    ["without an end", item(), "DICOM_TRUNCATED"],
    ["longer than what is there", Buffer.concat([item(), tagBytes(0xfffee000), u32(100)]), "DICOM_TRUNCATED"],
    ["that are no items", explicit(Tags.PatientName, "PN", "A^B "), "DICOM_SEQUENCE_INVALID"],
    ["of undefined length", Buffer.concat([item(), tagBytes(0xfffee000), u32(UNDEFINED)]), "DICOM_SEQUENCE_INVALID"],
  ])("are refused when they are fragments %s", async (_, value, code) => {
    const head = encodeDataSet(described(1), ExplicitVRLittleEndian);
    const bytes = Buffer.concat([head, explicit(Tags.PixelData, "OB", "", UNDEFINED), value]);
    await expect(framesOf(bytes, JPEG)).rejects.toMatchObject({ code });
  });

  it("come back whole however they were cut, when a table says where", async () => {
    const hex = fc.uint8Array({ minLength: 2, maxLength: 12 }).map((bytes) => {
      const even = bytes.subarray(0, bytes.length & ~1);
      return Buffer.from(even).toString("hex");
    });
    const frames = fc.array(fc.array(hex, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(frames, fc.boolean(), async (given, isExtended) => {
        const starts: number[] = [];
        let at = 0;
        for (const fragments of given) {
          starts.push(at);
          for (const fragment of fragments) at += 8 + fragment.length / 2;
        }
        const table = isExtended ? { extended: starts } : { table: starts };
        const found = await encapsulated(given.length, { fragments: given.flat(), ...table });
        expect(found).toEqual(given.map((fragments) => fragments.join("")));
      }),
      { numRuns: 200 },
    );
  });
});

it("an object without pixel data has no place of it", async () => {
  const bytes = encodeDataSet(new DataSet().set(Tags.PatientID, "LO", "P1"), ExplicitVRLittleEndian);
  const { dataSet } = await readHeader(inChunks(bytes, 100), ExplicitVRLittleEndian);
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  expect(await locatePixelData(dataSet, read)).toBeUndefined();
});

it.each([
  ["short ones: many at a time", 5_000, 100, { reads: 20, bytes: 700_000 }],
  ["long ones: their beginnings only", 50, 100_000, { reads: 55, bytes: 150_000 }],
])("fragments are walked over with few reads, %s", async (_, count, length, most) => {
  const fragments = Array.from({ length: count }, () => item(Buffer.alloc(length)));
  const bytes = Buffer.concat([item(), ...fragments, sequenceEnd]);
  const done = { reads: 0, bytes: 0 };
  const found = await frameLocations({
    dataSet: described(count),
    transferSyntax: JPEG,
    pixelData: { offset: 0, length: undefined },
    read: async (offset, wanted) => {
      const piece = bytes.subarray(offset, offset + wanted);
      done.reads += 1;
      done.bytes += piece.length;
      return piece;
    },
  });
  expect(found).toHaveLength(count);
  expect(found.at(-1)).toEqual({ pieces: [{ offset: bytes.length - 8 - length, length }] });
  expect(done.reads).toBeLessThanOrEqual(most.reads);
  expect(done.bytes).toBeLessThanOrEqual(most.bytes);
});

describe("what DCMTK compresses", () => {
  const FRAMES = 4;
  const SIZE = 48;
  /** Noise, so that a frame needs several fragments of one kilobyte. */
  const noise = Buffer.from(Array.from({ length: FRAMES * SIZE * SIZE }, (_, n) => (n * n * 2654435761) >>> 13));
  const image = described(FRAMES, { rows: SIZE, columns: SIZE })
    .set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.7.2")
    .set(Tags.SOPInstanceUID, "UI", "2.25.1")
    .set(Tags.PixelData, "OB", noise);

  async function compressed(command: string, ...options: string[]): Promise<{ frames: Buffer[]; fragments: number }> {
    const folder = mkdtempSync(join(tmpdir(), "frames-"));
    try {
      writeFileSync(join(folder, "in.dcm"), writePart10({ transferSyntax: ExplicitVRLittleEndian, dataSet: image }));
      execFileSync(command, [...options, join(folder, "in.dcm"), join(folder, "out.dcm")]);
      const bytes = readFileSync(join(folder, "out.dcm"));
      const { dataSet, transferSyntax } = readPart10(bytes);
      const fragments = dataSet.fragments(Tags.PixelData)!.length - 1;
      return { fragments, frames: await framesOf(dataSetBytes(bytes), transferSyntax.uid) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it.skipIf(!hasCommand("dcmcjpeg")).each([
    ["with a table", "+ot"],
    ["without one", "-ot"],
  ])("to JPEG is found cut into kilobytes, %s (needs dcmcjpeg)", async (_, table) => {
    const whole = await compressed("dcmcjpeg", "+ff", table);
    const cut = await compressed("dcmcjpeg", "+fs", "1", table);
    expect([whole.fragments, cut.fragments > FRAMES]).toEqual([FRAMES, true]);
    expect(cut.frames).toEqual(whole.frames);
    for (const frame of whole.frames) expect(frame.toString("hex")).toMatch(/^ffd8.*ffd9(00)?$/s);
  });

  it.skipIf(!hasCommand("dcmcjpls")).each(["+ot", "-ot"])(
    "to JPEG-LS is found cut into kilobytes, %s (needs dcmcjpls)",
    async (table) => {
      const whole = await compressed("dcmcjpls", "+ff", table);
      const cut = await compressed("dcmcjpls", "+fs", "1", table);
      expect([whole.fragments, cut.fragments > FRAMES]).toEqual([FRAMES, true]);
      expect(cut.frames).toEqual(whole.frames);
    },
  );

  it.skipIf(!hasCommand("dcmcrle"))("to RLE is found (needs dcmcrle)", async () => {
    const { frames } = await compressed("dcmcrle");
    // PS3.5 G.5: one segment, which begins behind the header of 64 bytes.
    expect(frames.map((frame) => [frame.readUInt32LE(0), frame.readUInt32LE(4)])).toEqual(Array(FRAMES).fill([1, 64]));
  });
});

it.skipIf(samples === undefined).each([
  ["SC_rgb_rle_2frame", 2],
  ["SC_rgb_rle_16bit_2frame", 2],
  ["SC_rgb_rle_32bit_2frame", 2],
  ["rtdose", 15],
  ["examples_ybr_color", 30],
  ["examples_jpeg2k", 1],
  ["SC_rgb_dcmtk_+eb+cr", 1],
])("finds the frames of %s (needs ../shared)", async (name, count) => {
  const bytes = readFileSync(join(samples!, "dicom-corpus", `${name}.dcm`));
  const { dataSet, transferSyntax } = readPart10(bytes);
  const plain = transferSyntax.explicit ? dataSetBytes(bytes) : encodeDataSet(dataSet, ExplicitVRLittleEndian);
  const frames = await framesOf(plain, transferSyntax.encapsulated ? transferSyntax.uid : ExplicitVRLittleEndian.uid);
  expect(frames).toHaveLength(count);
  const pixels = dataSet.fragments(Tags.PixelData)?.slice(1) ?? [dataSet.bytes(Tags.PixelData)!];
  const all = Buffer.concat(pixels);
  expect(Buffer.concat(frames)).toEqual(all.subarray(0, Buffer.concat(frames).length));
});
