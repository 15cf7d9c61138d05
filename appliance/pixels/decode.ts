import { type Codec, type CodecName, withCodec } from "./codecs.ts";
import { frameBytes } from "./description.ts";
import { fault } from "./errors.ts";
import { codestreamIn, readJ2kHeader } from "./j2k-header.ts";
import { type JpegHeader, readJpegHeader } from "./jpeg-header.ts";
import { decodeLosslessJpeg } from "./lossless-jpeg.ts";
import type { ImageDescription } from "./model.ts";
import { decodeRle } from "./rle.ts";
import { byPixel, cellsOf, samplesIn } from "./samples.ts";
import type { Coding } from "./syntaxes.ts";

/**
 * The pixels of a frame without compression, little endian, colours by pixel, as `decodedForm` describes them. What the stream
 * says of itself must be what the image says: throws PIXELS_CONTRADICTION and PIXELS_DAMAGED.
 */
export async function decodeFrame(
  frame: Uint8Array,
  image: ImageDescription,
  coding: Coding,
): Promise<Uint8Array<ArrayBufferLike>> {
  switch (coding) {
    case "native":
      return decodeNative(frame, image);
    case "big-endian":
      return Buffer.from(decodeNative(frame, image)).swap16();
    case "rle":
      return decodeRle(frame, image);
    case "jpeg":
      return decodeJpeg(frame, image);
    case "jpeg-lossless": {
      const header = readJpegHeader(frame, "JPEG Lossless");
      compare(jpegClaims(header), image);
      return cellsOf(decodeLosslessJpeg(frame).samples, header.precision, image);
    }
    case "jpeg-ls":
      return decodeJpegLs(frame, image);
    case "jpeg-2000":
    case "high-throughput-jpeg-2000":
      return decodeJpeg2000(frame, image, coding === "jpeg-2000" ? "JPEG 2000" : "HTJ2K");
  }
}

function decodeNative(frame: Uint8Array, image: ImageDescription): Uint8Array {
  const length = frameBytes(image);
  // The last frame may have its padding.
  if (frame.length !== length && frame.length !== length + (length % 2)) {
    throw fault("PIXELS_DAMAGED", { details: { codec: "native" } });
  }
  const native = frame.subarray(0, length);
  return image.planarConfiguration === 1 ? byPixel(native, image.bitsAllocated / 8) : native;
}

interface Claims {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  readonly precision: number;
  /** Undefined where streams do not say it. */
  readonly signed?: boolean;
}

/** Cells may be coded whole, or the bits that are stored only; never fewer. */
function compare(claims: Claims, image: ImageDescription): void {
  const contradiction = (attribute: string) => fault("PIXELS_CONTRADICTION", { details: { attribute } });
  if (claims.rows !== image.rows) throw contradiction("Rows");
  if (claims.columns !== image.columns) throw contradiction("Columns");
  if (claims.components !== image.samplesPerPixel) throw contradiction("SamplesPerPixel");
  const { precision } = claims;
  if (precision < image.bitsStored || precision > image.bitsAllocated) throw contradiction("BitsStored");
  if ((claims.signed ?? image.signed) !== image.signed) throw contradiction("PixelRepresentation");
}

function jpegClaims({ rows, columns, precision, components }: JpegHeader): Claims {
  return { rows, columns, precision, components: components.length };
}

/** Decodes with one of the codecs; what it says afterwards must be what the stream said before. */
function decodeBy<Name extends CodecName>(
  name: Name,
  make: (codec: Codec<Name>) => Cornerstone.Decoder,
  stream: Uint8Array,
  claims: Claims,
): Promise<Uint8Array> {
  const decode = (codec: Codec<Name>) => {
    const decoder = make(codec);
    try {
      decoder.getEncodedBuffer(stream.length).set(stream);
      decoder.decode();
      const { width, height, componentCount, bitsPerSample } = decoder.getFrameInfo();
      const samples = Uint8Array.from(decoder.getDecodedBuffer());
      const { rows, columns, components, precision } = claims;
      const same =
        width === columns &&
        height === rows &&
        componentCount === components &&
        bitsPerSample === precision &&
        samples.length === rows * columns * components * (precision > 8 ? 2 : 1);
      if (!same) throw new Error("the codec says something else than the stream");
      return samples;
    } finally {
      decoder.delete();
    }
  };
  return withCodec(name, decode, "PIXELS_DAMAGED");
}

async function decodeJpeg(frame: Uint8Array, image: ImageDescription): Promise<Uint8Array> {
  const header = readJpegHeader(frame, "JPEG");
  const claims = jpegClaims(header);
  compare(claims, image);
  // Of T.81 what PS3.5 A.4.1 names; progressive streams are among what is sent under its name.
  if (header.frame > 0xc2) throw fault("PIXELS_DAMAGED", { details: { codec: "JPEG" } });
  const stream = image.samplesPerPixel === 3 ? withColours(frame, header, image) : frame;
  return decodeBy("JPEG", ({ JPEGDecoder }) => new JPEGDecoder(), stream, claims);
}

/** What an Adobe segment says of a stream whose colours are not transformed (ITU-T T.872 6.5.3). */
const ADOBE_RGB = Buffer.from("ffee000e41646f626500640000000000", "hex");

/**
 * The stream so that the decoder takes its colours for what the image says they are: it goes by segments that DICOM does not ask
 * for, and by the names of the components. Throws PIXELS_CONTRADICTION when they say something else than the image.
 */
function withColours(frame: Uint8Array, { jfif, adobe, components }: JpegHeader, image: ImageDescription): Uint8Array {
  const named = String.fromCharCode(...components.map(({ id }) => id)) === "RGB";
  const transformed = image.photometricInterpretation !== "RGB";
  const said = jfif || adobe !== undefined;
  const saysTransformed = jfif || adobe === 1;
  const contradicts = said ? saysTransformed !== transformed || (jfif && adobe === 0) : named && transformed;
  if (contradicts) throw fault("PIXELS_CONTRADICTION", { details: { attribute: "PhotometricInterpretation" } });
  if (transformed || said) return frame;
  return Buffer.concat([frame.subarray(0, 2), ADOBE_RGB, frame.subarray(2)]);
}

async function decodeJpegLs(frame: Uint8Array, image: ImageDescription): Promise<Uint8Array> {
  const header = readJpegHeader(frame, "JPEG-LS");
  const claims = jpegClaims(header);
  if (header.frame !== 0xf7) throw fault("PIXELS_DAMAGED", { details: { codec: "JPEG-LS" } });
  compare(claims, image);
  const width = claims.precision > 8 ? 2 : 1;
  const decoded = await decodeBy("JPEG-LS", ({ JpegLSDecoder }) => new JpegLSDecoder(), frame, claims);
  // Components that have a scan each come one after the other.
  const samples = claims.components === 3 && header.inFirstScan === 1 ? byPixel(decoded, width) : decoded;
  return cellsOf(samplesIn(samples, width), claims.precision, image);
}

async function decodeJpeg2000(frame: Uint8Array, image: ImageDescription, codec: "JPEG 2000" | "HTJ2K") {
  const stream = codestreamIn(frame);
  const claims = readJ2kHeader(stream);
  compare(claims, image);
  // What the codecs hand on wrongly is refused by what the image says; a stream of more bits than that must not pass either.
  if (claims.precision > 8 ? claims.components === 3 : claims.signed) {
    throw fault("PIXELS_CONTRADICTION", { details: { attribute: "BitsStored" } });
  }
  if (image.samplesPerPixel === 3) checkTransform(claims.colourTransform, image);
  const samples =
    codec === "HTJ2K"
      ? await decodeBy("HTJ2K", ({ HTJ2KDecoder }) => new HTJ2KDecoder(), stream, claims)
      : await decodeBy("JPEG 2000", ({ J2KDecoder }) => new J2KDecoder(), stream, claims);
  // Signed samples come extended to their sixteen bits.
  return cellsOf(samplesIn(samples, claims.precision > 8 ? 2 : 1), claims.precision, image);
}

/** RGB may be coded with the transform or without; what is called transformed must be, and what is YBR without it must not. */
function checkTransform(transform: boolean, { photometricInterpretation: photometric }: ImageDescription): void {
  if (photometric === "RGB" || transform === (photometric !== "YBR_FULL")) return;
  throw fault("PIXELS_CONTRADICTION", { details: { attribute: "PhotometricInterpretation" } });
}
