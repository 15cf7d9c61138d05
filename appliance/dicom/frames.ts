import { readTag, readU16, readU32 } from "./byte-order.ts";
import type { DataSet } from "./data-set.ts";
import { fault } from "./errors.ts";
import { framesOfFragments, walkFragments } from "./fragments.ts";
import { dicomLimits } from "./limits.ts";
import { Tags, tagString } from "./tags.ts";
import type { TransferSyntax } from "./transfer-syntax.ts";
import { vrFromCode } from "./vr.ts";

const UNDEFINED = 0xffffffff;
/** The longest header of an element in explicit VR (PS3.5 7.1.2). */
const HEADER_BYTES = 12;
/** Samples that native pixels keep of each pixel, when the photometric interpretation makes them fewer (PS3.3 C.7.6.3.1.2). */
const SUBSAMPLED = new Map([
  ["YBR_FULL_422", 2],
  ["YBR_PARTIAL_422", 2],
  ["YBR_PARTIAL_420", 1.5],
]);

/** The bytes from `offset` on: `length` of them, fewer at the end of what there is. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** A frame: its bytes, in the pieces that lie apart. */
export interface FrameLocation {
  readonly pieces: readonly { readonly offset: number; readonly length: number }[];
}

/** The value field of the pixel data; no length is that of fragments. */
export interface PixelDataPlace {
  readonly offset: number;
  readonly length: number | undefined;
}

export interface FramesInput {
  /** The elements before the pixel data; with the extended offset table (7FE0,0001), if it is to be used. */
  readonly dataSet: DataSet;
  readonly transferSyntax: TransferSyntax | string;
  readonly pixelData: PixelDataPlace;
  readonly read: ReadAt;
}

/**
 * Where the pixel data of a little endian data set in explicit VR is, whose head was read up to Pixel Data; undefined when the
 * head is all there is, or something else follows. Throws DICOM_TRUNCATED.
 */
export async function locatePixelData(head: DataSet, read: ReadAt): Promise<PixelDataPlace | undefined> {
  const at = head.origin!.end - head.origin!.start;
  const header = await read(at, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return undefined;
  const tag = readTag(header, 0, false);
  if (tag !== Tags.PixelData && tag !== Tags.FloatPixelData && tag !== Tags.DoubleFloatPixelData) return undefined;
  if (!vrFromCode(header.readUInt16BE(4))?.long) return { offset: at + 8, length: readU16(header, 6, false) };
  const length = readU32(header, 8, false);
  return { offset: at + HEADER_BYTES, length: length === UNDEFINED ? undefined : length };
}

/**
 * Where each frame is. Native frames are computed (PS3.5 8.1); those in fragments are told apart by the extended or the basic
 * offset table when it is true, by one fragment a frame, or by the marks that begin a JPEG or JPEG 2000 stream (PS3.5 A.4).
 * Throws DICOM_PIXELS_UNDESCRIBED, DICOM_FRAMES_NOT_ALIGNED, DICOM_FRAMES_NOT_FOUND, and DICOM_TRUNCATED or
 * DICOM_SEQUENCE_INVALID for fragments that are none.
 */
export async function frameLocations(input: FramesInput): Promise<readonly FrameLocation[]> {
  const { dataSet, transferSyntax, pixelData, read } = input;
  const frames = frameCount(dataSet);
  if (pixelData.length !== undefined) return nativeFrames(dataSet, frames, pixelData.offset, pixelData.length);
  const walked = await walkFragments(read, pixelData.offset, frames);
  const uid = typeof transferSyntax === "string" ? transferSyntax : transferSyntax.uid;
  const found = framesOfFragments(walked, { frames, uid, extendedOffsets: dataSet.bytes(Tags.ExtendedOffsetTable) });
  if (found === undefined) {
    const details = { frames, fragments: walked.fragments.length };
    throw fault("DICOM_FRAMES_NOT_FOUND", { where: tagString(Tags.PixelData), details });
  }
  return found.map((fragments) => ({ pieces: fragments.map(({ offset, length }) => ({ offset, length })) }));
}

/** PS3.3 C.7.6.6: one, when nothing is said. */
function frameCount(dataSet: DataSet): number {
  if (dataSet.string(Tags.NumberOfFrames) === undefined) return 1;
  const frames = dataSet.integer(Tags.NumberOfFrames) ?? 0;
  if (frames < 1) throw fault("DICOM_PIXELS_UNDESCRIBED", { where: tagString(Tags.NumberOfFrames) });
  if (frames > dicomLimits.elements) {
    const details = { limit: dicomLimits.elements };
    throw fault("DICOM_TOO_MANY_ELEMENTS", { where: tagString(Tags.NumberOfFrames), details });
  }
  return frames;
}

function nativeFrames(dataSet: DataSet, frames: number, offset: number, present: number): FrameLocation[] {
  const described = (tag: number): number => {
    const value = dataSet.integer(tag) ?? 0;
    if (value < 1) throw fault("DICOM_PIXELS_UNDESCRIBED", { where: tagString(tag) });
    return value;
  };
  const samples = described(Tags.SamplesPerPixel);
  const kept = SUBSAMPLED.get(dataSet.string(Tags.PhotometricInterpretation) ?? "") ?? samples;
  const bits = described(Tags.Rows) * described(Tags.Columns) * kept * described(Tags.BitsAllocated);
  // Frames of single bits follow each other without a gap (PS3.5 8.1.1): one may begin within a byte.
  if (frames > 1 && bits % 8 !== 0) throw fault("DICOM_FRAMES_NOT_ALIGNED", { where: tagString(Tags.PixelData) });
  const length = Math.ceil(bits / 8);
  if (length * frames > present) {
    const details = { needed: length * frames, present };
    throw fault("DICOM_TRUNCATED", { where: tagString(Tags.PixelData), details });
  }
  return Array.from({ length: frames }, (_, index) => ({ pieces: [{ offset: offset + index * length, length }] }));
}
