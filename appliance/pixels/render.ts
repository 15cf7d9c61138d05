import { type Codec, withCodec } from "./codecs.ts";
import { toRgb, unsubsampled } from "./colour.ts";
import { decodeFrame } from "./decode.ts";
import { fault } from "./errors.ts";
import { greyOf } from "./grey.ts";
import { lookUp } from "./look-up.ts";
import type { ImageDescription, LookUp, Rendering } from "./model.ts";
import { samplesIn } from "./samples.ts";
import { type Picture, viewed } from "./scale.ts";
import { codingOf } from "./syntaxes.ts";
import { decodedForm } from "./transcoding.ts";

/** A frame as a JPEG for a screen: never for a diagnosis. Throws as `decodeFrame` does, and PIXELS_UNSUPPORTED. */
export async function renderFrame(
  frame: Uint8Array,
  image: ImageDescription,
  from: string,
  rendering: Rendering,
): Promise<Uint8Array> {
  const { native, decoded } = await pixelsOf(frame, image, from);
  const picture = draw(native, decoded, rendering);
  return encodeJpeg(viewed(picture, rendering.viewport), rendering.quality);
}

async function pixelsOf(frame: Uint8Array, image: ImageDescription, from: string) {
  const coding = codingOf(from);
  if (coding === "native" && image.bitsAllocated === 1) {
    return { native: unpackedBits(frame, image), decoded: { ...image, bitsAllocated: 8, bitsStored: 1, highBit: 0 } };
  }
  if (coding === "native" && image.photometricInterpretation === "YBR_FULL_422" && image.bitsAllocated === 8) {
    return { native: unsubsampled(frame, image), decoded: { ...image, photometricInterpretation: "YBR_FULL" } };
  }
  const decoded = decodedForm(image, coding);
  if (coding === undefined || decoded === undefined || image.bitsAllocated > 16) {
    throw fault("PIXELS_UNSUPPORTED", { details: { from, to: "image/jpeg" } });
  }
  return { native: await decodeFrame(frame, image, coding), decoded };
}

/** PS3.5 8.1.1: the first pixel is the lowest bit. */
function unpackedBits(frame: Uint8Array, { rows, columns }: ImageDescription): Uint8Array {
  const pixels = new Uint8Array(rows * columns);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = ((frame[at >> 3] ?? 0) >> (at & 7)) & 1;
  return pixels;
}

function draw(native: Uint8Array, image: ImageDescription, rendering: Rendering): Picture {
  const size = { width: image.columns, height: image.rows };
  const cells = samplesIn(native, image.bitsAllocated / 8);
  if (rendering.palette !== undefined) {
    return { ...size, channels: 3, bytes: coloured(cells, image, rendering.palette) };
  }
  if (image.samplesPerPixel === 1) return { ...size, channels: 1, bytes: greyOf(cells, image, rendering) };
  const shift = Math.max(0, image.bitsStored - 8);
  const bytes = Uint8Array.from(cells, (cell) => cell >> shift);
  if (image.photometricInterpretation === "YBR_FULL") toRgb(bytes);
  return { ...size, channels: 3, bytes };
}

function coloured(cells: ArrayLike<number>, image: ImageDescription, palette: readonly LookUp[]): Uint8Array {
  const bytes = new Uint8Array(cells.length * 3);
  const sign = image.signed ? 32 - image.bitsStored : 0;
  for (let at = 0, to = 0; at < cells.length; at += 1) {
    const value = ((cells[at] as number) << sign) >> sign;
    for (const table of palette) bytes[to++] = (lookUp(table, value) * 255) / table.largest;
  }
  return bytes;
}

/**
 * The encoder believes that it has room for the worst case of libjpeg-turbo (tj3JPEGBufSize), and writes beyond what it has; its
 * caller gives it as much room as for what it is given, whose bytes a sample it counts in 8 bits.
 */
const MOST_BYTES_EACH = 31;

function bytesEach({ width, height, channels }: Picture): number {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const worst = blocks * 256 * channels * 2 + 2048;
  return Math.ceil(worst / (width * height * channels));
}

/** Pictures of a few pixels are drawn larger: there is not room enough for their JPEG. */
function encodeJpeg(picture: Picture, quality: number): Promise<Uint8Array> {
  if (bytesEach(picture) > MOST_BYTES_EACH) return encodeJpeg(enlarged(picture, 8), quality);
  const { width, height, channels, bytes } = picture;
  const encode = ({ JPEGEncoder }: Codec<"JPEG">) => {
    const encoder = new JPEGEncoder();
    try {
      const bitsPerSample = 8 * bytesEach(picture);
      encoder.getDecodedBuffer({ width, height, bitsPerSample, componentCount: channels, isSigned: false }).set(bytes);
      encoder.setProgressive(0);
      encoder.setQuality(quality);
      encoder.encode();
      return Uint8Array.from(encoder.getEncodedBuffer());
    } finally {
      encoder.delete();
    }
  };
  return withCodec("JPEG", encode, "PIXELS_NOT_COMPRESSED");
}

function enlarged(picture: Picture, times: number): Picture {
  const viewport = { width: picture.width * times, height: picture.height * times };
  return viewed(picture, { ...viewport, flipHorizontally: false, flipVertically: false });
}
