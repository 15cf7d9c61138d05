/** Frames that anybody may have compressed: a thread may die of one, and is replaced. */
import { Tags } from "../../../appliance/dicom/index.ts";
import { createPixels, describeImage, planTranscoding, renderingOf } from "../../../appliance/pixels/index.ts";
import { encodeLossless } from "../../pixels/lossless-encoder.ts";
import {
  type Drawing,
  drawing,
  fileOf,
  framesOf,
  imageOf,
  SYNTAX,
  transcoded,
  valuesOf,
} from "../../pixels/support.ts";
import type { Target } from "../target.ts";

/** A frame that takes longer is a refusal; the thread's time is not that of the box. */
const pixels = createPixels({ frameMs: 2_000 });

const grey = drawing();
const grey8 = drawing({ bitsAllocated: 8, bitsStored: 8 });
const rgb = drawing({ bitsAllocated: 8, bitsStored: 8, photometric: "RGB" });

/** Markers and lengths of JPEG and JPEG 2000. */
const words = [
  "ffd8",
  "ffd9",
  "ffda",
  "ffc3",
  "ffc4",
  "fff7",
  "ffdd0004",
  "ff4f",
  "ff51",
  "ff52",
  "ff90",
  "ff93",
  "ff00",
  "00000000",
].map((hex) => Buffer.from(hex, "hex"));

async function frameOf(options: Drawing, syntax: string): Promise<Buffer> {
  const { frames } = await framesOf(await transcoded(pixels, fileOf(imageOf(options)), syntax));
  return frames[0] as Buffer;
}

/** One byte in front says which image the frame is of. */
const marked = (index: number, frame: Buffer) => Buffer.concat([Buffer.of(index), frame]);

function target(syntax: string, frameOfImage: (options: Drawing) => Promise<Buffer>, images = [grey, rgb]): Target {
  const plans = images.map((options) => {
    // Baseline drawings of colours are transformed.
    const head = imageOf(syntax === SYNTAX.baseline && options === rgb ? { ...rgb, photometric: "YBR_FULL" } : options);
    return planTranscoding(head, syntax, SYNTAX.native);
  });
  const decode = (bytes: Buffer) => {
    const plan = plans[(bytes[0] ?? 0) % plans.length]!;
    return pixels.transcode(bytes.subarray(1), plan, { urgency: "now" });
  };
  let sound: Buffer | undefined;
  return {
    async material() {
      const corpus = await Promise.all(
        images.map(async (options, index) => marked(index, await frameOfImage(options))),
      );
      return { corpus, words };
    },
    async read(bytes) {
      sound ??= Buffer.from(bytes);
      const native = await decode(bytes);
      const { rows, columns, samplesPerPixel, bitsAllocated } = plans[(bytes[0] ?? 0) % plans.length]!.result;
      if (native.length !== (rows * columns * samplesPerPixel * bitsAllocated) / 8) throw new TypeError("another size");
    },
    async end() {
      if (sound !== undefined) await decode(sound);
    },
  };
}

export const targets: Readonly<Record<string, Target>> = {
  "a frame in JPEG-LS": target(SYNTAX.jpegLs, (options) => frameOf(options, SYNTAX.jpegLs)),
  "a frame in JPEG 2000": target(SYNTAX.j2kLossless, (options) => frameOf(options, SYNTAX.j2kLossless)),
  "a frame in HTJ2K": target(SYNTAX.htj2k, (options) => frameOf(options, SYNTAX.htj2k)),
  "a frame in RLE": target(SYNTAX.rle, (options) => frameOf(options, SYNTAX.rle)),
  "a frame in JPEG lossless": target(SYNTAX.lossless, async (options) => {
    const { rows, columns, bitsStored } = options;
    const components = options === rgb ? 3 : 1;
    const values = await valuesOf(fileOf(imageOf(options)));
    return encodeLossless(values, { rows, columns, components, precision: bitsStored, predictor: 4, restartLines: 5 });
  }),
  "a frame in JPEG": target(SYNTAX.baseline, jpegOf, [grey8, rgb]),
};

/** What the box itself draws: its colours are transformed. */
async function jpegOf(options: Drawing): Promise<Buffer> {
  const head = imageOf(options);
  const drawn = { image: describeImage(head), from: SYNTAX.native, rendering: renderingOf(head, 1, {}) };
  return Buffer.from(await pixels.render(Buffer.from(head.bytes(Tags.PixelData)!), drawn, { urgency: "now" }));
}
