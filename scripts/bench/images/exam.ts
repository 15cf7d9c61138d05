/**
 * The reference exam of the measurements of images: one series of CT images of 512 x 512 as a scanner gives them, 680 MB
 * for 1,300, and some 200 MB in JPEG-LS lossless. Drawn here, with the noise that makes real ones hard to compress.
 */
import { ExplicitVRLittleEndian, Tags, writePart10 } from "../../../appliance/dicom/index.ts";
import {
  createPixels,
  frameAround,
  pixelDataEnd,
  pixelDataHead,
  planTranscoding,
} from "../../../appliance/pixels/index.ts";
import { syntheticStudy } from "../../sandbox/studies.ts";

export const JPEG_LS_LOSSLESS = "1.2.840.10008.1.2.4.80";

/** Different drawings: no cache on the way is fooled by bytes that lie so far apart, and an encoder takes its time. */
const DRAWINGS = 40;

export interface ReferenceExamOptions {
  readonly patientID: string;
  readonly images: number;
  /** Rows and columns. */
  readonly size: number;
  readonly compressed: boolean;
}

export interface ReferenceInstance {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntax: string;
  /** The Part 10 file. */
  readonly file: Buffer;
}

/** The files of the exam, made one by one as they are asked for. */
export async function* referenceExam(options: ReferenceExamOptions): AsyncGenerator<ReferenceInstance> {
  const { patientID, images, size, compressed } = options;
  const transferSyntax = compressed ? JPEG_LS_LOSSLESS : ExplicitVRLittleEndian.uid;
  const { studyInstanceUID, instances } = syntheticStudy({ patientID, series: [{ kind: "CT", images, size: 1 }] });
  const pixels = createPixels();
  const drawings: Buffer[] = [];
  for (const [index, { dataSet, sopClassUID, sopInstanceUID }] of instances.entries()) {
    dataSet.set(Tags.Rows, "US", size).set(Tags.Columns, "US", size).delete(Tags.PixelData);
    if (drawings.length < DRAWINGS) {
      const frame = noise(index + 1, size);
      const plan = planTranscoding(dataSet, ExplicitVRLittleEndian.uid, transferSyntax);
      const drawing = compressed ? await pixels.transcode(frame, plan, { urgency: "now" }) : frame;
      const { before, after } = frameAround(plan, drawing.length);
      const all = [before, drawing, after];
      const written = all.reduce((sum, { length }) => sum + length, 0);
      drawings.push(Buffer.concat([pixelDataHead(plan), ...all, pixelDataEnd(plan, written)]));
    }
    const file = Buffer.concat([writePart10({ dataSet, transferSyntax }), drawings[index % drawings.length] as Buffer]);
    const seriesInstanceUID = dataSet.string(Tags.SeriesInstanceUID) ?? "";
    yield { studyInstanceUID, seriesInstanceUID, sopClassUID, sopInstanceUID, transferSyntax, file };
  }
  await pixels.close();
}

/** 12-bit pixels around water, with the grain of a scanner: the sum of four dice, a spread of some 5 HU. */
function noise(seed: number, size: number): Uint8Array {
  const pixels = new Uint16Array(size * size);
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
  return new Uint8Array(pixels.buffer);
}
