import { afterAll, describe, expect, it } from "vitest";
import { DataSet, readPart10, Tags } from "../../appliance/dicom/index.ts";
import { proven } from "../../appliance/pixels/encode.ts";
import {
  createPixels,
  describeImage,
  ENCODABLE,
  lossIsInStream,
  planTranscoding,
} from "../../appliance/pixels/index.ts";
import { encodeRle } from "../../appliance/pixels/rle.ts";
import { PixelTags } from "../../appliance/pixels/tags.ts";
import { type Drawing, difference, drawing, fileOf, imageOf, SYNTAX, transcoded, valuesOf } from "./support.ts";

const pixels = createPixels();
afterAll(() => pixels.close());

const COLOUR_16 = "colours of more than eight bits";
const SIGNED_8 = "signed samples of one byte";
const DEEP = "32 bits";

/** Every kind of image, and the codings that do not take it, with the reason. */
const images: readonly (readonly [string, Drawing, { readonly [syntax: string]: string }?])[] = [
  ["8 bits", drawing({ bitsAllocated: 8, bitsStored: 8 })],
  ["12 bits in 16", drawing()],
  ["12 bits in 16, signed", drawing({ signed: true })],
  ["10 bits, signed, MONOCHROME1", drawing({ bitsStored: 10, signed: true, photometric: "MONOCHROME1" })],
  ["16 bits", drawing({ bitsStored: 16 })],
  ["16 bits, signed", drawing({ bitsStored: 16, signed: true })],
  ["8 bits in 16", drawing({ bitsStored: 8 })],
  ["6 bits in 8", drawing({ bitsAllocated: 8, bitsStored: 6 })],
  [
    "8 bits, signed",
    drawing({ bitsAllocated: 8, bitsStored: 8, signed: true }),
    { [SYNTAX.j2kLossless]: SIGNED_8, [SYNTAX.htj2k]: SIGNED_8 },
  ],
  [
    "32 bits",
    drawing({ bitsAllocated: 32, bitsStored: 32 }),
    { [SYNTAX.jpegLs]: DEEP, [SYNTAX.j2kLossless]: DEEP, [SYNTAX.htj2k]: DEEP },
  ],
  ["RGB", drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB" })],
  ["RGB by plane", drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB", planar: 1 })],
  [
    "RGB of 16 bits by plane",
    drawing({ bitsStored: 16, photometric: "RGB", planar: 1 }),
    { [SYNTAX.j2kLossless]: COLOUR_16, [SYNTAX.htj2k]: COLOUR_16 },
  ],
  [
    "YBR_FULL",
    drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "YBR_FULL" }),
    { [SYNTAX.j2kLossless]: "no transform of its own", [SYNTAX.htj2k]: "no transform of its own" },
  ],
  ["palette colours", drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "PALETTE COLOR" })],
  ["five frames", drawing({ frames: 5 })],
  ["three frames of an odd size", drawing({ bitsAllocated: 8, bitsStored: 8, rows: 7, columns: 5, frames: 3 })],
  ["one pixel", drawing({ rows: 1, columns: 1, bitsAllocated: 8, bitsStored: 8 })],
  ["one row", drawing({ rows: 1, columns: 300 })],
  ["one column of colours", drawing({ rows: 129, columns: 1, bitsAllocated: 8, bitsStored: 8, photometric: "RGB" })],
];

describe("an image brought into another transfer syntax and back has the same pixels", () => {
  const cases = images.flatMap(([name, options, refused = {}]) =>
    ENCODABLE.map((to) => ({ name, options, to, refused: refused[to] })),
  );

  it.each(cases.filter(({ refused }) => refused === undefined))("$name in $to", async ({ options, to }) => {
    const file = fileOf(imageOf(options));
    const there = await transcoded(pixels, file, to);
    expect(readPart10(there).transferSyntax.uid).toBe(to);
    const back = await transcoded(pixels, there, SYNTAX.native);
    expect(difference(await valuesOf(file), await valuesOf(back))).toBeUndefined();
    const { dataSet } = readPart10(back);
    expect(dataSet.string(Tags.PhotometricInterpretation)).toBe(options.photometric);
    expect(dataSet.string(Tags.SOPInstanceUID)).toBe("2.25.1234567890");
    expect(dataSet.has(Tags.LossyImageCompression)).toBe(false);
  });

  it.each(cases.filter(({ refused }) => refused !== undefined))(
    "or is refused beforehand: $name in $to ($refused)",
    ({ options, to }) => {
      expect(() => planTranscoding(imageOf(options), SYNTAX.native, to)).toThrow(
        expect.objectContaining({ code: "PIXELS_UNSUPPORTED" }),
      );
    },
  );

  it.each([SYNTAX.jpegLs, SYNTAX.j2kLossless, SYNTAX.htj2k, SYNTAX.rle])(
    "and the same cells, the sign in all of their bits (%s)",
    async (to) => {
      const file = fileOf(imageOf(drawing({ signed: true })));
      const back = await transcoded(pixels, await transcoded(pixels, file, to), SYNTAX.native);
      const cells = (one: Buffer) => Buffer.from(readPart10(one).dataSet.bytes(Tags.PixelData)!);
      expect(cells(back).equals(cells(file))).toBe(true);
    },
  );

  it("from words in big endian", async () => {
    const options = drawing({ signed: true });
    const swapped = imageOf(options);
    swapped.set(Tags.PixelData, "OW", Buffer.from(swapped.bytes(Tags.PixelData)!));
    const file = fileOf(swapped, SYNTAX.bigEndian);
    const native = await transcoded(pixels, file, SYNTAX.native);
    expect(difference(await valuesOf(fileOf(imageOf(options))), await valuesOf(native))).toBeUndefined();
  });

  it("with a sign that the source had left out of the unused bits", async () => {
    const cells = Buffer.alloc(32 * 24 * 2);
    for (let at = 0; at < cells.length / 2; at += 1) cells.writeUInt16LE(at & 0x0fff, at * 2);
    const file = fileOf(imageOf(drawing({ signed: true }), cells));
    for (const to of [SYNTAX.jpegLs, SYNTAX.j2kLossless, SYNTAX.htj2k, SYNTAX.rle]) {
      const back = await transcoded(pixels, await transcoded(pixels, file, to), SYNTAX.native);
      expect(difference(await valuesOf(file), await valuesOf(back))).toBeUndefined();
    }
  });
});

describe("an image that would lose something is refused", () => {
  it("when an encoder gives anything but the same pixels", async () => {
    const image = describeImage(imageOf(drawing()));
    const cells = new Uint8Array(32 * 24 * 2);
    const stream = encodeRle(cells, image);
    await expect(proven(stream, cells, image, "rle")).resolves.toBe(stream);
    cells[100] = 1;
    await expect(proven(stream, cells, image, "rle")).rejects.toMatchObject({ code: "PIXELS_NOT_COMPRESSED" });
  });

  const overlay = () => {
    const cells = Buffer.alloc(32 * 24 * 2);
    cells.writeUInt16LE(0x1005, 10);
    return fileOf(imageOf(drawing(), cells));
  };

  it.each([SYNTAX.jpegLs, SYNTAX.j2kLossless, SYNTAX.htj2k])(
    "when there is an overlay in the unused bits (%s)",
    async (to) => {
      await expect(transcoded(pixels, overlay(), to)).rejects.toMatchObject({ code: "PIXELS_BITS_LOST" });
    },
  );

  it("but not by RLE, which takes whole cells", async () => {
    const there = await transcoded(pixels, overlay(), SYNTAX.rle);
    const back = await transcoded(pixels, there, SYNTAX.native);
    expect(Buffer.from(readPart10(back).dataSet.bytes(Tags.PixelData)!).readUInt16LE(10)).toBe(0x1005);
  });

  it("when its pixels are not at the low end of their cells", () => {
    const image = imageOf(drawing()).set(Tags.HighBit, "US", 15);
    expect(() => planTranscoding(image, SYNTAX.native, SYNTAX.jpegLs)).toThrow(
      expect.objectContaining({ code: "PIXELS_UNSUPPORTED" }),
    );
  });
});

/** The stream, its COD saying another wavelet (T.800 table A.20). */
function withWavelet(stream: Uint8Array, wavelet: 0 | 1): Buffer {
  const changed = Buffer.from(stream);
  changed[changed.indexOf("ff52", 0, "hex") + 13] = wavelet;
  return changed;
}

/** In the boxes of a JP2 file (T.800 I.5), the last without a length. */
function asJp2(stream: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from("0000000c6a5020200d0a870a000000006a703263", "hex"), stream]);
}

describe("the header says what is true afterwards", () => {
  const rgb = drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB", planar: 1 });
  const baseline = drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "YBR_FULL_422" });

  it.each([
    ["colours by plane to JPEG-LS", imageOf(rgb), SYNTAX.native, SYNTAX.jpegLs, { planar: 0 }],
    ["colours to JPEG 2000", imageOf(rgb), SYNTAX.native, SYNTAX.j2kLossless, { photometric: "YBR_RCT", planar: 0 }],
    ["colours to HTJ2K", imageOf(rgb), SYNTAX.native, SYNTAX.htj2k, { photometric: "YBR_RCT", planar: 0 }],
    [
      "JPEG baseline, which said nothing of its loss",
      imageOf(baseline),
      SYNTAX.baseline,
      SYNTAX.native,
      { photometric: "RGB", lossy: "01", method: "ISO_10918_1" },
    ],
    [
      "JPEG-LS near lossless",
      imageOf(drawing()),
      SYNTAX.nearLossless,
      SYNTAX.native,
      { lossy: "01", method: "ISO_14495_1" },
    ],
    [
      "JPEG 2000 with losses",
      imageOf({ ...baseline, photometric: "YBR_ICT" }),
      SYNTAX.j2k,
      SYNTAX.native,
      { photometric: "RGB" },
    ],
    ["grey without losses", imageOf(drawing()), SYNTAX.losslessFirstOrder, SYNTAX.native, {}],
  ])("%s", (_, head, from, to, expected) => {
    const { set } = planTranscoding(head, from, to);
    const said = (tag: number) => set.find((one) => one.tag === tag)?.value;
    expect({
      photometric: said(Tags.PhotometricInterpretation),
      planar: said(PixelTags.PlanarConfiguration),
      lossy: said(Tags.LossyImageCompression),
      method: said(PixelTags.LossyImageCompressionMethod),
    }).toEqual({ photometric: undefined, planar: undefined, lossy: undefined, method: undefined, ...expected });
    expect(set.map(({ tag }) => tag)).toEqual(set.map(({ tag }) => tag).toSorted((one, other) => one - other));
  });

  it.each([
    ["JPEG 2000", SYNTAX.j2k, SYNTAX.j2kLossless, "ISO_15444_1"],
    ["HTJ2K", "1.2.840.10008.1.2.4.203", SYNTAX.htj2k, "ISO_15444_15"],
  ])("%s tells in its stream whether it lost something, where the header says nothing", async (_, from, to, method) => {
    const head = imageOf(drawing());
    const reversible = await pixels.transcode(
      Buffer.from(head.bytes(Tags.PixelData)!),
      planTranscoding(head, SYNTAX.native, to),
      { urgency: "now" },
    );
    const irreversible = withWavelet(reversible, 0);
    const said = (stream: Uint8Array) =>
      planTranscoding(head, from, SYNTAX.native, stream).set.map(({ value }) => value);
    expect([said(reversible), said(irreversible), said(asJp2(irreversible))]).toEqual([
      [],
      ["01", method],
      ["01", method],
    ]);
    expect(() => said(irreversible.subarray(0, 40))).toThrow(expect.objectContaining({ code: "PIXELS_DAMAGED" }));
    expect(lossIsInStream(head, from)).toBe(true);
    expect(lossIsInStream(head, to)).toBe(false);
    expect(lossIsInStream(imageOf(drawing()).set(Tags.LossyImageCompression, "CS", "01"), from)).toBe(false);
  });

  it("keeps what a lossy source said of its losses", () => {
    const head = imageOf(baseline)
      .set(Tags.LossyImageCompression, "CS", "01")
      .set(PixelTags.LossyImageCompressionMethod, "CS", "ISO_10918_1");
    expect(planTranscoding(head, SYNTAX.baseline, SYNTAX.native).set.map(({ tag }) => tag)).toEqual([
      Tags.PhotometricInterpretation,
    ]);
  });

  it("takes the tables of offsets away that are not true any more", () => {
    const head = imageOf(drawing()).set(Tags.ExtendedOffsetTable, "OV", Buffer.alloc(8));
    expect(planTranscoding(head, SYNTAX.jpegLs, SYNTAX.native).remove).toEqual([Tags.ExtendedOffsetTable]);
  });

  it("announces the length of native pixels, padded, and none for fragments", () => {
    const head = imageOf(drawing({ bitsAllocated: 8, bitsStored: 8, rows: 7, columns: 5, frames: 3 }));
    expect(planTranscoding(head, SYNTAX.jpegLs, SYNTAX.native).pixelData).toEqual({ vr: "OB", length: 106 });
    expect(planTranscoding(head, SYNTAX.native, SYNTAX.jpegLs).pixelData).toEqual({ vr: "OB", length: undefined });
    expect(planTranscoding(imageOf(drawing()), SYNTAX.jpegLs, SYNTAX.native).pixelData.vr).toBe("OW");
  });
});

describe("what has no pixels that could be brought into another form is not called damaged", () => {
  const bare = () => new DataSet().set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.88.11");
  const float = () =>
    bare()
      .set(Tags.SamplesPerPixel, "US", 1)
      .set(Tags.PhotometricInterpretation, "CS", "MONOCHROME2")
      .set(Tags.Rows, "US", 2)
      .set(Tags.Columns, "US", 2)
      .set(Tags.BitsAllocated, "US", 32);
  it.each([
    ["a report", bare],
    ["pixels of floating point", float],
  ])("%s", (_, head) => {
    for (const to of ENCODABLE.filter((syntax) => syntax !== SYNTAX.native)) {
      expect(() => planTranscoding(head(), SYNTAX.native, to)).toThrow(
        expect.objectContaining({ code: "PIXELS_UNSUPPORTED" }),
      );
    }
  });
});

describe("an image that cannot be described is refused before anything is allocated", () => {
  it.each([
    ["no Rows", (head: ReturnType<typeof imageOf>) => head.delete(Tags.Rows), "PIXELS_UNDESCRIBED"],
    ["no columns at all", (head: ReturnType<typeof imageOf>) => head.set(Tags.Columns, "US", 0), "PIXELS_UNDESCRIBED"],
    [
      "two samples",
      (head: ReturnType<typeof imageOf>) => head.set(Tags.SamplesPerPixel, "US", 2),
      "PIXELS_UNDESCRIBED",
    ],
    [
      "more bits stored than allocated",
      (head: ReturnType<typeof imageOf>) => head.set(Tags.BitsStored, "US", 17),
      "PIXELS_UNDESCRIBED",
    ],
    [
      "an interpretation that is none",
      (head: ReturnType<typeof imageOf>) => head.set(Tags.PhotometricInterpretation, "CS", "CMYK"),
      "PIXELS_UNDESCRIBED",
    ],
    [
      "8 gigabytes a frame",
      (head: ReturnType<typeof imageOf>) => head.set(Tags.Rows, "US", 65_535).set(Tags.Columns, "US", 65_535),
      "PIXELS_TOO_LARGE",
    ],
  ])("%s", (_, change, code) => {
    const head = imageOf(drawing());
    change(head);
    expect(() => planTranscoding(head, SYNTAX.native, SYNTAX.jpegLs)).toThrow(expect.objectContaining({ code }));
  });
});
