import { afterAll, describe, expect, it } from "vitest";
import { DataSet, Tags } from "../../appliance/dicom/index.ts";
import { decodeFrame } from "../../appliance/pixels/decode.ts";
import {
  createPixels,
  describeImage,
  middleFrame,
  readRenderingQuery,
  renderingOf,
} from "../../appliance/pixels/index.ts";
import { readJpegHeader } from "../../appliance/pixels/jpeg-header.ts";
import { PixelTags } from "../../appliance/pixels/tags.ts";
import { drawing, imageOf, SYNTAX } from "./support.ts";

const pixels = createPixels();
afterAll(() => pixels.close());

const asked = (query: string, what: "rendered" | "thumbnail" = "rendered") =>
  readRenderingQuery(new URLSearchParams(query), what);

/** The picture of an image, as a decoder sees it; JPEG keeps large patches within a grey or two. */
async function pictureOf(head: DataSet, query = "", what: "rendered" | "thumbnail" = "rendered", frame = 1) {
  const image = describeImage(head);
  const bytes = head.bytes(Tags.PixelData)!;
  const length = bytes.length / image.frames;
  const jpeg = await pixels.render(
    Buffer.from(bytes.subarray((frame - 1) * length, frame * length)),
    { image, from: SYNTAX.native, rendering: renderingOf(head, frame, asked(query, what)) },
    { urgency: "now" },
  );
  const { rows, columns, components } = readJpegHeader(jpeg, "JPEG");
  const samplesPerPixel = components.length as 1 | 3;
  const photometricInterpretation = samplesPerPixel === 3 ? "YBR_FULL" : "MONOCHROME2";
  const described = {
    ...image,
    rows,
    columns,
    samplesPerPixel,
    photometricInterpretation,
    bitsAllocated: 8,
    bitsStored: 8,
  };
  const decoded = await decodeFrame(jpeg, described, "jpeg");
  const at = (x: number, y: number) => {
    const first = (Math.floor(y * rows) * columns + Math.floor(x * columns)) * samplesPerPixel;
    return [...decoded.subarray(first, first + samplesPerPixel)];
  };
  return { rows, columns, at };
}

const near = (value: number) => expect.closeTo(value, -0.9);

/** Four patches: top left, top right, bottom left, bottom right. */
function patches(values: readonly [number, number, number, number], options = drawing({ rows: 64, columns: 64 })) {
  const cells = Buffer.alloc(options.rows * options.columns * 2);
  for (let row = 0; row < options.rows; row += 1) {
    for (let column = 0; column < options.columns; column += 1) {
      const patch = (row < options.rows / 2 ? 0 : 2) + (column < options.columns / 2 ? 0 : 1);
      cells.writeInt16LE(values[patch] as number, (row * options.columns + column) * 2);
    }
  }
  return imageOf(options, cells);
}

const corners = async (head: DataSet, query = "") => {
  const { at } = await pictureOf(head, query);
  return [at(0.2, 0.2), at(0.8, 0.2), at(0.2, 0.8), at(0.8, 0.8)].map(([grey]) => grey);
};

describe("grey values", () => {
  it("are drawn from the least to the greatest when nothing is said", async () => {
    expect(await corners(patches([100, 200, 300, 500]))).toEqual([near(0), near(64), near(128), near(255)]);
  });

  it("are drawn by the window of the header, in the units of the rescale", async () => {
    const head = patches([0, 1024, 1064, 2000])
      .set(PixelTags.RescaleSlope, "DS", "1")
      .set(PixelTags.RescaleIntercept, "DS", "-1024")
      .set(Tags.WindowCenter, "DS", ["40", "500"])
      .set(Tags.WindowWidth, "DS", ["80", "2000"]);
    expect(await corners(head)).toEqual([near(0), near(2), near(128), near(255)]);
  });

  it("or by the window of the request", async () => {
    const head = patches([0, 100, 200, 300]).set(Tags.WindowCenter, "DS", "50").set(Tags.WindowWidth, "DS", "2");
    expect(await corners(head, "window=200,200,linear-exact")).toEqual([near(0), near(0), near(128), near(255)]);
    expect(await corners(head, "window=100,100,SIGMOID")).toEqual([near(5), near(128), near(250), near(255)]);
  });

  it("are inverted in MONOCHROME1", async () => {
    const inverted = drawing({ rows: 64, columns: 64, photometric: "MONOCHROME1" });
    expect(await corners(patches([0, 100, 200, 300], inverted))).toEqual([near(255), near(170), near(85), near(0)]);
  });

  it("have a sign", async () => {
    const signed = drawing({ rows: 64, columns: 64, signed: true });
    expect(await corners(patches([-100, 0, 100, 100], signed))).toEqual([near(0), near(128), near(255), near(255)]);
  });

  it("leave out what stands for nothing", async () => {
    const head = patches([-2000, 0, 100, 200], drawing({ rows: 64, columns: 64, signed: true }));
    head.set(PixelTags.PixelPaddingValue, "SS", -2000);
    expect(await corners(head)).toEqual([near(0), near(0), near(128), near(255)]);
  });

  it("are looked up in a table", async () => {
    const data = Buffer.alloc(4 * 2);
    [0, 65_535, 32_768, 0].forEach((entry, index) => {
      data.writeUInt16LE(entry, index * 2);
    });
    const table = new DataSet().set(PixelTags.LUTDescriptor, "US", [4, 10, 16]).set(PixelTags.LUTData, "OW", data);
    const head = patches([5, 11, 12, 99]).set(PixelTags.VOILUTSequence, "SQ", [table]);
    expect(await corners(head)).toEqual([near(0), near(255), near(128), near(0)]);
  });

  it("of a frame with functional groups of its own are drawn by these", async () => {
    const window = (center: string) =>
      new DataSet().set(PixelTags.FrameVOILUTSequence, "SQ", [
        new DataSet().set(Tags.WindowCenter, "DS", center).set(Tags.WindowWidth, "DS", "2"),
      ]);
    const options = drawing({ rows: 64, columns: 64, frames: 2 });
    const head = imageOf(options, Buffer.alloc(64 * 64 * 2 * 2, Uint8Array.of(50, 0))).set(
      PixelTags.PerFrameFunctionalGroupsSequence,
      "SQ",
      [window("10"), window("90")],
    );
    expect((await pictureOf(head, "", "rendered", 1)).at(0.5, 0.5)).toEqual([near(255)]);
    expect((await pictureOf(head, "", "rendered", 2)).at(0.5, 0.5)).toEqual([near(0)]);
  });
});

describe("colours", () => {
  const solid = (photometric: string, pixel: readonly number[]) => {
    const options = drawing({ rows: 64, columns: 64, bitsAllocated: 8, bitsStored: 8, photometric });
    return imageOf(options, Buffer.alloc(64 * 64 * pixel.length, Uint8Array.from(pixel)));
  };

  it.each([
    ["RGB", [200, 100, 50], [200, 100, 50]],
    ["YBR_FULL", [76, 85, 255], [254, 0, 0]],
    ["PALETTE COLOR", [40], [40, 215, 7]],
  ])("of %s", async (photometric, pixel, colour) => {
    const { at } = await pictureOf(solid(photometric, pixel));
    expect(at(0.5, 0.5)).toEqual(colour.map(near));
  });

  it("of YBR_FULL_422 without compression", async () => {
    const options = drawing({ rows: 64, columns: 64, bitsAllocated: 8, bitsStored: 8, photometric: "YBR_FULL_422" });
    const { at } = await pictureOf(imageOf(options, Buffer.alloc(64 * 64 * 2, Uint8Array.of(76, 76, 85, 255))));
    expect(at(0.5, 0.5)).toEqual([254, 0, 0].map(near));
  });

  it("without a palette cannot be", () => {
    const head = solid("PALETTE COLOR", [40]);
    head.delete(PixelTags.RedPaletteColorLookupTableData);
    expect(() => renderingOf(head, 1, {})).toThrow(expect.objectContaining({ code: "PIXELS_UNDESCRIBED" }));
  });
});

describe("the size", () => {
  const head = imageOf(drawing({ rows: 300, columns: 600 }));

  it.each([
    ["", "rendered", 600, 300],
    ["viewport=100,100", "rendered", 100, 50],
    ["viewport=1200,1200", "rendered", 1200, 600],
    ["viewport=8192,8192", "rendered", 4800, 2400],
    ["viewport=8192,8192,0,0,10,10", "rendered", 80, 80],
    ["", "thumbnail", 256, 128],
    ["viewport=64,64", "thumbnail", 64, 32],
    ["viewport=4000,4000", "thumbnail", 256, 128],
    ["viewport=100,100,0,0,300,300", "rendered", 100, 100],
    ["viewport=100,100,500,200,300,300", "rendered", 100, 100],
  ] as const)("of '%s' as a %s is %i x %i", async (query, what, columns, rows) => {
    expect(await pictureOf(head, query, what)).toMatchObject({ columns, rows });
  });

  it("is no larger than what a screen shows, unless the image is", async () => {
    const grey = (side: number) => imageOf(drawing({ rows: side, columns: side, bitsAllocated: 8, bitsStored: 8 }));
    expect(await pictureOf(grey(2048), "viewport=8192,8192")).toMatchObject({ columns: 4096, rows: 4096 });
    expect(await pictureOf(grey(4500), "viewport=8192,8192")).toMatchObject({ columns: 4500, rows: 4500 });
  });

  it("of an image of one pixel is what a JPEG can be made of", async () => {
    const { at } = await pictureOf(imageOf(drawing({ rows: 1, columns: 1, bitsAllocated: 8, bitsStored: 8 })));
    expect(at(0.5, 0.5)).toHaveLength(1);
  });

  it("is turned over by a region that runs backwards", async () => {
    const image = patches([0, 100, 200, 300]);
    expect(await corners(image, "viewport=64,64,,,-64,64")).toEqual([near(85), near(0), near(255), near(170)]);
    expect(await corners(image, "viewport=64,64,,,64,-64")).toEqual([near(170), near(255), near(0), near(85)]);
  });

  it("of a region is cut out of the image", async () => {
    expect(await corners(patches([0, 100, 200, 300]), "viewport=32,32,32,0,32,32")).toEqual(
      [1, 1, 1, 1].map(() => near(85)),
    );
  });
});

describe("a request", () => {
  it.each([
    ["viewport=0,10", "viewport"],
    ["viewport=10", "viewport"],
    ["viewport=10,10,1,1,0,1", "viewport"],
    ["viewport=10,10,1,1,1,1,1", "viewport"],
    ["viewport=99999999,10", "viewport"],
    ["viewport=1e999,10", "viewport"],
    ["window=10,0,linear", "window"],
    ["window=10,20,cubic", "window"],
    ["window=10", "window"],
    ["window=,20", "window"],
    ["quality=0", "quality"],
    ["quality=101", "quality"],
    ["quality=high", "quality"],
  ])("with %s is refused", (query, parameter) => {
    expect(() => asked(query)).toThrow(
      expect.objectContaining({ code: "PIXELS_QUERY_INVALID", details: { parameter } }),
    );
  });

  it("may say what we do not know", () => {
    expect(asked("iccprofile=no&annotation=patient")).toEqual({});
  });

  it("for a thumbnail knows a viewport only", () => {
    expect(Object.keys(asked("window=1,2,linear&quality=3", "thumbnail"))).toEqual(["viewport"]);
  });

  it("that names no frame gets the one in the middle", () => {
    expect([1, 2, 3, 30].map(middleFrame)).toEqual([1, 1, 2, 15]);
  });
});
