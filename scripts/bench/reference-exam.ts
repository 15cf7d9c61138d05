/**
 * The reference exam of the measurements of images: one series of CT images of 512 x 512 as a scanner gives them, 680 MB
 * for 1,300, and 200 MB in JPEG-LS lossless. Drawn here, with the noise that makes real ones hard to compress.
 */
import charls from "@cornerstonejs/codec-charls";
import { DataSet, ExplicitVRLittleEndian, encodeDataSet, Tags, writePart10 } from "../../appliance/dicom/index.ts";
import { type StudyOptions, type SyntheticInstance, syntheticStudy } from "../sandbox/studies.ts";

export const JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80";

const SIZE = 512;
/** Different drawings: an encoder takes its time, and no cache on the way is fooled by bytes that lie so far apart. */
const DRAWINGS = 40;

export interface ReferenceInstance extends Omit<SyntheticInstance, "dataSet"> {
  /** The Part 10 file. */
  readonly file: Buffer;
}

/** The files of the exam, made one by one as they are asked for. */
export async function* referenceExam(
  options: StudyOptions & { readonly images: number; readonly compressed: boolean },
): AsyncGenerator<ReferenceInstance> {
  const { images, compressed, ...study } = options;
  const transferSyntax = compressed ? JPEG_LS_LOSSLESS : ExplicitVRLittleEndian.uid;
  const drawings: Buffer[] = [];
  for (let index = 0; index < Math.min(DRAWINGS, images); index += 1) {
    const pixels = noise(index + 1);
    drawings.push(compressed ? encapsulated(await encode(pixels)) : native(pixels));
  }
  const { instances } = syntheticStudy({ ...study, series: [{ kind: "CT", images, size: 1 }] });
  for (const [index, { dataSet, ...uids }] of instances.entries()) {
    dataSet.set(Tags.Rows, "US", SIZE).set(Tags.Columns, "US", SIZE);
    dataSet.delete(Tags.PixelData);
    const head = writePart10({ dataSet, transferSyntax });
    const file = Buffer.concat([head, drawings[index % DRAWINGS] as Buffer]);
    yield { ...uids, transferSyntax, file };
  }
}

/** 12-bit pixels around water, with the grain of a scanner: the sum of four dice, a spread of some 5 HU. */
function noise(seed: number): Uint16Array {
  const pixels = new Uint16Array(SIZE * SIZE);
  let state = seed;
  for (let at = 0; at < pixels.length; at += 1) {
    let sum = 0;
    for (let die = 0; die < 4; die += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum += (state >>> 0) / 0x1_0000_0000;
    }
    pixels[at] = 1024 + Math.round((sum - 2) * 9);
  }
  return pixels;
}

async function encode(pixels: Uint16Array): Promise<Uint8Array> {
  const codec = await charls();
  const encoder = new codec.JpegLSEncoder();
  try {
    const frame = { width: SIZE, height: SIZE, bitsPerSample: 16, componentCount: 1, isSigned: false };
    encoder.getDecodedBuffer(frame).set(new Uint8Array(pixels.buffer));
    encoder.setNearLossless(0);
    encoder.encode();
    return Uint8Array.from(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
}

/** PixelData of one frame as it is (PS3.5 A.2). */
function native(pixels: Uint16Array): Buffer {
  return encodeDataSet(new DataSet().set(Tags.PixelData, "OW", Buffer.from(pixels.buffer)), ExplicitVRLittleEndian);
}

/** PixelData of one compressed frame (PS3.5 A.4): an empty offset table, one fragment. */
function encapsulated(frame: Uint8Array): Buffer {
  const padded = frame.length + (frame.length % 2);
  const head = Buffer.from("e07f10004f420000fffffffffeff00e000000000feff00e0", "hex");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(padded);
  const end = Buffer.from("feffdde000000000", "hex");
  return Buffer.concat([head, length, frame, Buffer.alloc(padded - frame.length), end]);
}
