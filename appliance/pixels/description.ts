import { type DataSet, type Tag, Tags, tagString } from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";
import type { ImageDescription } from "./model.ts";
import { PixelTags } from "./tags.ts";

/** The photometric interpretations of PS3.3 C.7.6.3.1.2 that frames of the box have, and their samples. */
const SAMPLES: ReadonlyMap<string, 1 | 3> = new Map([
  ["MONOCHROME1", 1],
  ["MONOCHROME2", 1],
  ["PALETTE COLOR", 1],
  ["RGB", 3],
  ["YBR_FULL", 3],
  ["YBR_FULL_422", 3],
  ["YBR_RCT", 3],
  ["YBR_ICT", 3],
]);

/**
 * What a data set says of its pixels (PS3.3 C.7.6.3). Throws PIXELS_UNDESCRIBED, with the tag, for what is missing or cannot be,
 * and PIXELS_TOO_LARGE.
 */
export function describeImage(dataSet: DataSet): ImageDescription {
  const integer = (tag: Tag, least: number, most: number): number => {
    const value = dataSet.integer(tag);
    if (value === undefined || value < least || value > most) throw undescribed(tag);
    return value;
  };
  const photometricInterpretation = dataSet.string(Tags.PhotometricInterpretation) ?? "";
  const samplesPerPixel = SAMPLES.get(photometricInterpretation);
  if (samplesPerPixel === undefined) throw undescribed(Tags.PhotometricInterpretation);
  integer(Tags.SamplesPerPixel, samplesPerPixel, samplesPerPixel);
  const bitsAllocated = integer(Tags.BitsAllocated, 1, 32);
  if (![1, 8, 16, 32].includes(bitsAllocated)) throw undescribed(Tags.BitsAllocated);
  const bitsStored = integer(Tags.BitsStored, 1, bitsAllocated);
  const image: ImageDescription = {
    rows: integer(Tags.Rows, 1, 0xffff),
    columns: integer(Tags.Columns, 1, 0xffff),
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    highBit: integer(Tags.HighBit, bitsStored - 1, bitsAllocated - 1),
    signed: integer(Tags.PixelRepresentation, 0, 1) === 1,
    photometricInterpretation,
    planarConfiguration: samplesPerPixel === 3 && dataSet.integer(PixelTags.PlanarConfiguration) === 1 ? 1 : 0,
    frames: dataSet.string(Tags.NumberOfFrames) === undefined ? 1 : integer(Tags.NumberOfFrames, 1, 0x7fffffff),
  };
  const bytes = frameBytes(image);
  const limit = pixelsLimits.frameBytes;
  if (bytes > limit) throw fault("PIXELS_TOO_LARGE", { details: { bytes, limit } });
  return image;
}

function undescribed(tag: Tag) {
  return fault("PIXELS_UNDESCRIBED", { where: tagString(tag) });
}

/** Samples of one frame, all of them: what is subsampled counts as if it was not. */
export function samplesOf({ rows, columns, samplesPerPixel }: ImageDescription): number {
  return rows * columns * samplesPerPixel;
}

/** Bytes of one frame without compression and without subsampling. */
export function frameBytes(image: ImageDescription): number {
  return Math.ceil((samplesOf(image) * image.bitsAllocated) / 8);
}
