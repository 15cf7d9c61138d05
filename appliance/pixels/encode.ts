import { type Codec, type CodecName, withCodec } from "./codecs.ts";
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
 * and compared before it is given: throws PIXELS_NOT_COMPRESSED, and PIXELS_BITS_LOST for cells that hold more than a sample.
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

/** The stream, if it gives back the same samples. Throws PIXELS_NOT_COMPRESSED. */
export async function proven(stream: Uint8Array, samples: Samples, image: ImageDescription, coding: Coding) {
  const different = (cause?: unknown) => fault("PIXELS_NOT_COMPRESSED", { details: { codec: coding }, cause });
  const cells = await decodeFrame(stream, image, coding).catch((cause) => {
    throw different(cause);
  });
  const again = coding === "rle" ? cells : samplesOfCells(cells, image, coding !== "jpeg-ls");
  if (!bytesOf(again).equals(bytesOf(samples))) throw different();
  return stream;
}

function bytesOf({ buffer, byteOffset, byteLength }: Samples): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function encodeBy<Name extends CodecName>(
  name: Name,
  make: (codec: Codec<Name>) => Cornerstone.Encoder,
  samples: Samples,
  info: Cornerstone.FrameInfo,
): Promise<Uint8Array> {
  const encode = (codec: Codec<Name>) => {
    const encoder = make(codec);
    try {
      const room = encoder.getDecodedBuffer(info);
      if (room.length !== samples.byteLength) throw new Error("the codec wants another number of bytes");
      room.set(bytesOf(samples));
      encoder.encode();
      return Uint8Array.from(encoder.getEncodedBuffer());
    } finally {
      encoder.delete();
    }
  };
  return withCodec(name, encode, "PIXELS_NOT_COMPRESSED");
}

function infoOf({ rows, columns, samplesPerPixel, bitsStored, signed }: ImageDescription): Cornerstone.FrameInfo {
  return { width: columns, height: rows, bitsPerSample: bitsStored, componentCount: samplesPerPixel, isSigned: signed };
}

function encodeJpegLs(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  const make = ({ JpegLSEncoder }: Codec<"JPEG-LS">) => {
    const encoder = new JpegLSEncoder();
    encoder.setNearLossless(0);
    // By line: what every decoder of the field reads.
    encoder.setInterleaveMode(image.samplesPerPixel === 3 ? 1 : 0);
    return encoder;
  };
  return encodeBy("JPEG-LS", make, samples, infoOf(image));
}

/** This encoder refuses to halve a side of one pixel. */
function encodeJpeg2000(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  const halvings = Math.floor(Math.log2(Math.min(image.rows, image.columns)));
  const make = ({ J2KEncoder }: Codec<"JPEG 2000">) => reversible(new J2KEncoder(), Math.min(DECOMPOSITIONS, halvings));
  return encodeBy("JPEG 2000", make, samples, infoOf(image));
}

/** This one loses bits when it halves nothing. */
function encodeHighThroughput(samples: Samples, image: ImageDescription): Promise<Uint8Array> {
  const info = { ...infoOf(image), isUsingColorTransform: image.samplesPerPixel === 3 };
  const make = ({ HTJ2KEncoder }: Codec<"HTJ2K">) => reversible(new HTJ2KEncoder(), DECOMPOSITIONS);
  return encodeBy("HTJ2K", make, samples, info);
}

function reversible(encoder: Cornerstone.Jpeg2000Encoder, decompositions: number): Cornerstone.Encoder {
  encoder.setQuality(true, 0);
  encoder.setDecompositions(decompositions);
  return encoder;
}
