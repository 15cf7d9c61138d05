import { afterAll, describe, expect, it } from "vitest";
import { Tags } from "../../appliance/dicom/index.ts";
import { createPixels, planTranscoding } from "../../appliance/pixels/index.ts";
import { encodeLossless, type LosslessOptions } from "./lossless-encoder.ts";
import {
  type Drawing,
  difference,
  drawing,
  fileOf,
  framesOf,
  imageOf,
  SYNTAX,
  transcoded,
  valuesOf,
} from "./support.ts";

const pixels = createPixels();
afterAll(() => pixels.close());

describe("JPEG lossless", () => {
  const of = async (options: Drawing, stream: Partial<LosslessOptions>) => {
    const image = imageOf(options);
    const values = await valuesOf(fileOf(image));
    const encoded = encodeLossless(values, {
      rows: options.rows,
      columns: options.columns,
      components: options.photometric === "RGB" ? 3 : 1,
      precision: options.bitsStored,
      predictor: 1,
      ...stream,
    });
    const frame = await pixels.transcode(encoded, planTranscoding(image, SYNTAX.lossless, SYNTAX.native), {
      urgency: "now",
    });
    return difference(values, await valuesOf(fileOf(imageOf({ ...options, planar: 0 }, Buffer.from(frame)))));
  };
  const rgb = { bitsAllocated: 8, bitsStored: 8, photometric: "RGB" } as const;

  it.each([1, 2, 3, 4, 5, 6, 7])("by predictor %i, grey and in colours", async (predictor) => {
    expect(await of(drawing({ bitsStored: 16 }), { predictor })).toBeUndefined();
    expect(await of(drawing(rgb), { predictor })).toBeUndefined();
  });

  it.each([
    ["colours of 16 bits", drawing({ bitsStored: 16, photometric: "RGB" }), { predictor: 4 }],
    ["restarts", drawing({ rows: 40 }), { predictor: 7, restartLines: 3 }],
    ["restarts in colours", drawing(rgb), { predictor: 6, restartLines: 1 }],
    ["a scan for each colour", drawing(rgb), { predictor: 5, scans: true }],
  ] as const)("with %s", async (_, options, stream) => {
    expect(await of(options, stream)).toBeUndefined();
  });

  it("of signed samples, which it knows nothing of", async () => {
    const image = imageOf(drawing({ signed: true }));
    const values = await valuesOf(fileOf(image));
    const stored = values.map((value) => value & 0x0fff);
    const stream = encodeLossless(stored, { rows: 32, columns: 24, components: 1, precision: 12, predictor: 1 });
    const frame = await pixels.transcode(stream, planTranscoding(image, SYNTAX.losslessFirstOrder, SYNTAX.native), {
      urgency: "now",
    });
    const back = fileOf(imageOf(drawing({ signed: true }), Buffer.from(frame)));
    expect(difference(values, await valuesOf(back))).toBeUndefined();
  });

  it("with the lowest bits left out by its encoder", async () => {
    const image = imageOf(drawing());
    const values = await valuesOf(fileOf(image));
    const stream = encodeLossless(values, {
      ...{ rows: 32, columns: 24, components: 1, precision: 12, predictor: 4 },
      pointTransform: 2,
    });
    const frame = await pixels.transcode(stream, planTranscoding(image, SYNTAX.lossless, SYNTAX.native), {
      urgency: "now",
    });
    const back = await valuesOf(fileOf(imageOf(drawing(), Buffer.from(frame))));
    expect(
      difference(
        values.map((value) => (value >> 2) << 2),
        back,
      ),
    ).toBeUndefined();
  });
});

describe("a stream that says something else than the header is not decoded", () => {
  const grey = drawing({ bitsAllocated: 16, bitsStored: 12 });
  const colour = drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB" });
  const compressed = [SYNTAX.jpegLs, SYNTAX.j2kLossless, SYNTAX.htj2k];

  const lies: readonly (readonly [string, Drawing, Partial<Drawing>])[] = [
    ["Rows", grey, { rows: 33 }],
    ["Columns", grey, { columns: 25 }],
    ["SamplesPerPixel", colour, { photometric: "MONOCHROME2" }],
    ["BitsStored", grey, { bitsStored: 16 }],
  ];

  it.each(compressed.flatMap((to) => lies.map((lie) => [to, ...lie] as const)))(
    "%s: %s",
    async (to, attribute, truth, lie) => {
      const { uid, frames } = await framesOf(await transcoded(pixels, fileOf(imageOf(truth)), to));
      const plan = planTranscoding(imageOf({ ...truth, ...lie }), uid, SYNTAX.native);
      await expect(pixels.transcode(frames[0]!, plan, { urgency: "now" })).rejects.toMatchObject({
        code: "PIXELS_CONTRADICTION",
        details: { attribute },
      });
    },
  );

  it("PixelRepresentation, where the stream says it", async () => {
    const { uid, frames } = await framesOf(await transcoded(pixels, fileOf(imageOf(grey)), SYNTAX.j2kLossless));
    const plan = planTranscoding(imageOf({ ...grey, signed: true }), uid, SYNTAX.native);
    await expect(pixels.transcode(frames[0]!, plan, { urgency: "now" })).rejects.toMatchObject({
      code: "PIXELS_CONTRADICTION",
      details: { attribute: "PixelRepresentation" },
    });
  });

  it("PhotometricInterpretation: called YBR_FULL, with colours that are transformed", async () => {
    const { uid, frames } = await framesOf(await transcoded(pixels, fileOf(imageOf(colour)), SYNTAX.j2kLossless));
    const head = imageOf(colour).set(Tags.PhotometricInterpretation, "CS", "YBR_FULL");
    await expect(
      pixels.transcode(frames[0]!, planTranscoding(head, uid, SYNTAX.native), { urgency: "now" }),
    ).rejects.toMatchObject({ code: "PIXELS_CONTRADICTION" });
  });

  it("the size of one frame without compression", async () => {
    const plan = planTranscoding(imageOf(grey), SYNTAX.native, SYNTAX.rle);
    await expect(pixels.transcode(new Uint8Array(100), plan, { urgency: "now" })).rejects.toMatchObject({
      code: "PIXELS_DAMAGED",
    });
  });
});

describe("a stream that is not whole is not filled up with what is not there", () => {
  it.each([SYNTAX.jpegLs, SYNTAX.j2kLossless, SYNTAX.htj2k, SYNTAX.rle])("%s", async (to) => {
    const file = await transcoded(pixels, fileOf(imageOf(drawing())), to);
    const { head, frames } = await framesOf(file);
    const plan = planTranscoding(head, to, SYNTAX.native);
    const [frame] = frames as [Buffer];
    const end = frame.subarray(-2);
    for (const share of [0.3, 0.6, 0.9]) {
      const cut = Buffer.concat([frame.subarray(0, Math.floor(frame.length * share)), end]);
      await expect(pixels.transcode(cut, plan, { urgency: "now" })).rejects.toMatchObject({ code: "PIXELS_DAMAGED" });
    }
  });

  it("JPEG lossless", async () => {
    const image = imageOf(drawing());
    const values = await valuesOf(fileOf(image));
    // The last difference has more bits than the byte that is cut off.
    values[values.length - 1] = (values[values.length - 2] ?? 0) > 2047 ? 0 : 4095;
    const options = { rows: 32, columns: 24, components: 1, precision: 12, predictor: 1 };
    const stream = encodeLossless(values, options);
    const plan = planTranscoding(image, SYNTAX.lossless, SYNTAX.native);
    for (const missing of [1, 2, 3, 20]) {
      const cut = Buffer.concat([stream.subarray(0, stream.length - 2 - missing), stream.subarray(-2)]);
      await expect(pixels.transcode(cut, plan, { urgency: "now" })).rejects.toMatchObject({ code: "PIXELS_DAMAGED" });
    }
  });
});
