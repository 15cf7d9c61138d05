import { describe, expect, it } from "vitest";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readFileHeader,
  readHeader,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { collect, explicit, inChunks, meaning, openItem, sequenceEnd, UNDEFINED } from "./bytes.ts";

const nested = explicit(
  0x52009230,
  "SQ",
  Buffer.concat([
    openItem(explicit(0x00289110, "SQ", Buffer.concat([openItem(), sequenceEnd]), UNDEFINED)),
    sequenceEnd,
  ]),
  UNDEFINED,
);
const header = Buffer.concat([explicit(0x00080018, "UI", "2.25.7"), explicit(0x0020000d, "UI", "2.25.8"), nested]);
const pixels = explicit(0x7fe00010, "OW", Buffer.alloc(5000, "pixels"));
const object = Buffer.concat([header, pixels]);

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: { code?: string }) => error.code,
  );

describe("an object from a socket", () => {
  it.each([1, 2, 3, 13, 100, 1 << 16])(
    "cut in pieces of %d bytes: header parsed, every byte handed on",
    async (size) => {
      const { dataSet, rest, transferSyntax } = await readHeader(inChunks(object, size), ExplicitVRLittleEndian);
      expect(dataSet.string(Tags.StudyInstanceUID)).toBe("2.25.8");
      expect(dataSet.items(0x52009230)).toHaveLength(1);
      expect(encodeDataSet(dataSet, transferSyntax).equals(header)).toBe(true);
      expect((await collect(rest)).equals(pixels)).toBe(true);
    },
  );

  it("can be changed on its way", async () => {
    const { dataSet, rest, transferSyntax } = await readHeader(inChunks(object, 100), ExplicitVRLittleEndian);
    dataSet.set(Tags.PatientID, "LO", "INS");
    const out = Buffer.concat([encodeDataSet(dataSet, transferSyntax), await collect(rest)]);
    expect(out.includes(explicit(0x00100020, "LO", "INS "))).toBe(true);
    expect(out.subarray(-pixels.length).equals(pixels)).toBe(true);
  });

  it("stops at the tag asked for", async () => {
    const { dataSet, rest } = await readHeader(inChunks(object, 7), ExplicitVRLittleEndian, {
      untilTag: Tags.StudyInstanceUID,
    });
    expect(dataSet.size).toBe(1);
    expect((await collect(rest)).length).toBe(object.length - 14);
  });

  it("needs no pixel data", async () => {
    const { dataSet, rest } = await readHeader(inChunks(header, 10), ExplicitVRLittleEndian);
    expect(dataSet.size).toBe(3);
    expect((await collect(rest)).length).toBe(0);
  });

  it.each([3, 8, 64])("keeps the zeros that some writers leave at the end, in pieces of %d bytes", async (size) => {
    const padded = Buffer.concat([header, Buffer.alloc(100)]);
    const { dataSet, rest } = await readHeader(inChunks(padded, size), ExplicitVRLittleEndian);
    expect(dataSet.size).toBe(3);
    const whole = Buffer.concat([encodeDataSet(dataSet, ExplicitVRLittleEndian), await collect(rest)]);
    expect(whole.equals(padded)).toBe(true);
  });

  it("reads no faster than it is read", async () => {
    let given = 0;
    async function* endless() {
      yield Buffer.concat([header, explicit(0x7fe00010, "OB", "", UNDEFINED)]);
      for (;;) {
        given++;
        yield Buffer.alloc(1000);
      }
    }
    const { rest } = await readHeader(endless(), ExplicitVRLittleEndian);
    for (let count = 0; count < 5; count++) await rest.next();
    expect(given).toBeLessThan(6);
    await rest.return(undefined);
  });

  it("closes the source when its reader stops early, and when the bytes are wrong", async () => {
    let closed = 0;
    async function* source(bytes: Buffer) {
      try {
        yield* inChunks(bytes, 50);
      } finally {
        closed++;
      }
    }
    const { rest } = await readHeader(source(object), ExplicitVRLittleEndian);
    await rest.next();
    await rest.return(undefined);
    expect(closed).toBe(1);
    const { rest: unread } = await readHeader(source(object), ExplicitVRLittleEndian);
    await unread.return(undefined);
    expect(closed).toBe(2);
    expect(await code(readHeader(source(Buffer.from("no data set at all")), ExplicitVRLittleEndian))).toBe(
      "DICOM_VR_INVALID",
    );
    expect(closed).toBe(3);
  });

  it("lets an error of the source through", async () => {
    async function* broken() {
      yield header.subarray(0, 10);
      throw new Error("connection reset");
    }
    await expect(readHeader(broken(), ExplicitVRLittleEndian)).rejects.toThrow("connection reset");
    await expect(readHeader(broken(), DeflatedExplicitVRLittleEndian)).rejects.toThrow();
  });

  it("is refused when it ends within an element, or never comes to its pixels", async () => {
    expect(await code(readHeader(inChunks(header.subarray(0, 20), 5), ExplicitVRLittleEndian))).toBe("DICOM_TRUNCATED");
    const limits = { headerBytes: 1000 };
    const large = Buffer.concat([explicit(0x00091001, "OB", "", 0xfffffffe)]);
    expect(await code(readHeader(inChunks(large, 5), ExplicitVRLittleEndian))).toBe("DICOM_HEADER_TOO_LARGE");
    async function* endless() {
      for (let element = 0; ; element++) yield explicit(0x00091000 + (element & 0xff), "LO", "abcdef");
    }
    expect(await code(readHeader(endless(), ExplicitVRLittleEndian, { limits }))).toBe("DICOM_HEADER_TOO_LARGE");
    async function* zeros() {
      for (;;) yield Buffer.alloc(100);
    }
    expect(await code(readHeader(zeros(), ExplicitVRLittleEndian, { limits }))).toBe("DICOM_HEADER_TOO_LARGE");
  });

  it.each([1, 20, 4096])("inflates a deflated one, in pieces of %d bytes", async (size) => {
    const made = new DataSet()
      .set(Tags.SOPInstanceUID, "UI", "2.25.7")
      .set(Tags.PixelData, "OW", Buffer.alloc(100_000, 7));
    const deflated = encodeDataSet(made, DeflatedExplicitVRLittleEndian);
    const { dataSet, transferSyntax, rest } = await readHeader(
      inChunks(deflated, size),
      DeflatedExplicitVRLittleEndian,
    );
    expect(transferSyntax).toBe(ExplicitVRLittleEndian);
    const bytes = Buffer.concat([encodeDataSet(dataSet, transferSyntax), await collect(rest)]);
    expect(bytes.equals(encodeDataSet(made, ExplicitVRLittleEndian))).toBe(true);
  });
});

describe("a file as a stream", () => {
  it.each([1, 50, 1 << 16])("gives its header, in pieces of %d bytes", async (size) => {
    const made = new DataSet()
      .set(Tags.SOPInstanceUID, "UI", "2.25.7")
      .set(Tags.PixelData, "OW", Buffer.alloc(1000, 7));
    const file = writePart10({ transferSyntax: ImplicitVRLittleEndian, dataSet: made });
    const streamed = await readFileHeader(inChunks(file, size));
    expect(streamed.meta.string(Tags.MediaStorageSOPInstanceUID)).toBe("2.25.7");
    expect(streamed.preamble).toHaveLength(128);
    expect(meaning(streamed.dataSet)).toEqual([["80018", ["2.25.7"]]]);
    expect((await collect(streamed.rest)).length).toBe(1008);
  });

  it.each([
    ["nothing", Buffer.alloc(0), "DICOM_NOT_DICOM"],
    [
      "a meta information without end",
      explicit(0x00020102, "OB", Buffer.alloc(10), 0x7fffffff),
      "DICOM_HEADER_TOO_LARGE",
    ],
  ])("refuses %s", async (_, bytes, expected) => {
    const padded = Buffer.concat([bytes, Buffer.alloc(bytes.length === 0 ? 0 : 500, 1)]);
    expect(await code(readFileHeader(inChunks(padded, 100)))).toBe(expected);
  });
});
