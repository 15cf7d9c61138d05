import { withCodec } from "./codecs.ts";
import { decodeFrame } from "./decode.ts";
import { fault } from "./errors.ts";
import type { ImageDescription } from "./model.ts";
import { encodeRle } from "./rle.ts";
import { type Samples, samplesOfCells } from "./samples.ts";
import type { Coding } from "./syntaxes.ts";

/** Wavelet decompositions of JPEG 2000, as Part 1 has it by default. */
const DECOMPOSITIONS = 5;

/**
 * A frame in that coding, of its pixels without compression; `image` describes the result. What comes out of an encoder is decoded
 * and compared before it is given: throws PIXELS_NOT_EXACT, and PIXELS_BITS_LOST for cells that hold more than a sample.
 */
export async function encodeFrame(native: Uint8Array, image: ImageDescription, coding: Coding): Promise<Uint8Array> {
  switch (coding) {
    case "native":
      return native;
    case "rle":
      return proven(encodeRle(native, image), native, image, coding);
    case "jpeg-ls": {
      const samples = samplesOfCells(native, image, false);
      return proven(await encodeJpegLs(samples, image), samples, image, coding);
    }
    case "jpeg-2000":
    case "high-throughput-jpeg-2000": {
      const samples = samplesOfCells(native, image, true);
      const encode = coding === "jpeg-2000" ? encodeJpeg2000 : encodeHighThroughput;
      return proven(await encode(samples, image), samples, image, coding);
    }
    default:
      throw fault("PIXELS_UNSUPPORTED", { details: { from: "native", to: coding } });
  }
}

/** The stream, if it gives back the same samples. */
async function proven(stream: Uint8Array, samples: Samples, image: ImageDescription, coding: Coding) {
  const cells = await decodeFrame(stream, image, coding);
  const again = coding === "rle" ? cells : samplesOfCells(cells, image, coding !== "jpeg-ls");
  if (!bytesOf(again).equals(bytesOf(samples))) throw fault("PIXELS_NOT_EXACT");
  return stream;
}

function bytesOf({ buffer, byteOffset, byteLength }: Samples): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function encodeWith(encoder: Cornerstone.Encoder, samples: Samples, info: Cornerstone.FrameInfo): Uint8Array {
  try {
    const room = encoder.getDecodedBuffer(info);
    if (room.length !== samples.byteLength) throw new Error("the codec wants another number of bytes");
    room.set(bytesOf(samples));
    encoder.encode();
    return Uint8Array.from(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
}

function infoOf({ rows, columns, samplesPerPixel, bitsStored, signed }: ImageDescription): Cornerstone.FrameInfo {
  return { width: columns, height: rows, bitsPerSample: bitsStored, componentCount: samplesPerPixel, isSigned: signed };
}

function encodeJpegLs(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  return withCodec("JPEG-LS", ({ JpegLSEncoder }) => {
    const encoder = new JpegLSEncoder();
    encoder.setNearLossless(0);
    // By line: what every decoder of the field reads.
    encoder.setInterleaveMode(image.samplesPerPixel === 3 ? 1 : 0);
    return encodeWith(encoder, samples, infoOf(image));
  });
}

function encodeJpeg2000(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  return withCodec("JPEG 2000", ({ J2KEncoder }) => {
    const encoder = new J2KEncoder();
    encoder.setQuality(true, 0);
    encoder.setDecompositions(decompositionsOf(image));
    return encodeWith(encoder, samples, infoOf(image));
  });
}

function encodeHighThroughput(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  return withCodec("HTJ2K", ({ HTJ2KEncoder }) => {
    const encoder = new HTJ2KEncoder();
    encoder.setQuality(true, 0);
    encoder.setDecompositions(decompositionsOf(image));
    return encodeWith(encoder, samples, { ...infoOf(image), isUsingColorTransform: image.samplesPerPixel === 3 });
  });
}

/** A side of one pixel cannot be halved. */
function decompositionsOf({ rows, columns }: ImageDescription): number {
  return Math.min(DECOMPOSITIONS, Math.floor(Math.log2(Math.min(rows, columns))));
}
