import { type DataSet, Tags } from "../dicom/index.ts";
import { describeImage, frameBytes } from "./description.ts";
import { fault } from "./errors.ts";
import { isIrreversible } from "./j2k-header.ts";
import type { ImageDescription, Transcoding } from "./model.ts";
import { type Coding, codingOf, ENCODABLE, LOSSY_METHODS, PERHAPS_LOSSY } from "./syntaxes.ts";
import { PixelTags } from "./tags.ts";

/** What the length of a value may be at most: the next one says that there is none (PS3.5 7.1.1). */
const LONGEST_VALUE = 0xfffffffe;

/**
 * What becomes of an image whose frames are brought from one transfer syntax into another, losing nothing (PS3.5 8.2). Its
 * SOP Instance UID stays, for it is the same image; what has been lossy says so for ever (PS3.3 C.7.6.1.1.5).
 *
 * `head`: the elements before the pixel data; `beginning`: the first bytes of the first frame, needed if `lossIsInStream`. Throws
 * PIXELS_UNDESCRIBED, PIXELS_TOO_LARGE, PIXELS_UNSUPPORTED, also for what has no pixels, and PIXELS_DAMAGED.
 */
export function planTranscoding(head: DataSet, from: string, to: string, beginning?: Uint8Array): Transcoding {
  const unsupported = fault("PIXELS_UNSUPPORTED", { details: { from, to } });
  if (!ofIntegers(head)) throw unsupported;
  const source = describeImage(head);
  const decoded = decodedForm(source, codingOf(from));
  const coding = codingOf(to);
  if (decoded === undefined || coding === undefined || !ENCODABLE.includes(to)) throw unsupported;
  const result = encodedForm(decoded, coding);
  if (result === undefined) throw unsupported;
  const total = frameBytes(result) * result.frames;
  const length = coding === "native" ? total + (total % 2) : undefined;
  if ((length ?? 0) > LONGEST_VALUE) throw unsupported;
  return {
    from,
    to,
    source,
    result,
    set: changes(head, source, result, lossOf(from, beginning)),
    remove: [Tags.ExtendedOffsetTable, PixelTags.ExtendedOffsetTableLengths].filter((tag) => head.has(tag)),
    // PS3.5 A.2 and A.4.
    pixelData: { vr: coding === "native" && result.bitsAllocated > 8 ? "OW" : "OB", length },
  };
}

/** True when nothing but the stream of a frame tells whether it has lost something. */
export function lossIsInStream(head: DataSet, transferSyntax: string): boolean {
  return PERHAPS_LOSSY.has(transferSyntax) && head.string(Tags.LossyImageCompression) !== "01";
}

/** The method by which something was lost (PS3.3 C.7.6.1.1.5.1). */
function lossOf(from: string, beginning: Uint8Array | undefined): string | undefined {
  const perhaps = PERHAPS_LOSSY.get(from);
  if (perhaps === undefined || beginning === undefined) return LOSSY_METHODS.get(from);
  return isIrreversible(beginning) ? perhaps : undefined;
}

/** False for reports, waveforms and the like, and for pixels of floating point: they say none of this (PS3.3 C.7.6.3, C.7.6.24). */
function ofIntegers(head: DataSet): boolean {
  return [Tags.BitsStored, Tags.HighBit, Tags.PixelRepresentation].some((tag) => head.has(tag));
}

/** Makes the head say what is true afterwards. */
export function applyTranscoding(head: DataSet, { set, remove }: Transcoding): void {
  for (const { tag, vr, value } of set) head.set(tag, vr, value);
  for (const tag of remove) head.delete(tag);
}

/** What the frames of an image are once they are decoded; undefined when they cannot be. */
export function decodedForm(image: ImageDescription, coding: Coding | undefined): ImageDescription | undefined {
  const { photometricInterpretation: photometric, bitsAllocated, bitsStored, signed } = image;
  const colour = image.samplesPerPixel === 3;
  const decoded: ImageDescription = { ...image, planarConfiguration: 0 };
  const rgb: ImageDescription = { ...decoded, photometricInterpretation: "RGB" };
  const transformed = photometric === "YBR_RCT" || photometric === "YBR_ICT";
  // Of single bits, frames follow each other without a gap; of chroma that was left out, there is less than the header says.
  if (bitsAllocated === 1 || (photometric === "YBR_FULL_422" && coding !== "jpeg")) return undefined;
  switch (coding) {
    case "native":
    case "rle":
      return transformed ? undefined : decoded;
    case "big-endian":
      // Which bytes are swapped depends on the VR, except for words.
      return bitsAllocated !== 16 || transformed ? undefined : decoded;
    case "jpeg":
      if (bitsAllocated !== 8 || bitsStored !== 8 || signed || transformed) return undefined;
      return colour ? rgb : decoded;
    case "jpeg-lossless":
    case "jpeg-ls":
      return transformed || !isInReachOfJpegLs(image) ? undefined : decoded;
    case "jpeg-2000":
    case "high-throughput-jpeg-2000":
      if (!isInReachOfJpeg2000(image)) return undefined;
      return transformed ? rgb : decoded;
    case undefined:
      return undefined;
  }
}

/** What the frames of a decoded image are once they are encoded; undefined when they cannot be. */
function encodedForm(image: ImageDescription, coding: Coding): ImageDescription | undefined {
  const { samplesPerPixel, photometricInterpretation: photometric } = image;
  switch (coding) {
    case "native":
    case "rle":
      return image;
    case "jpeg-ls":
      return isInReachOfJpegLs(image) ? image : undefined;
    case "jpeg-2000":
    case "high-throughput-jpeg-2000":
      if (!isInReachOfJpeg2000(image)) return undefined;
      if (samplesPerPixel === 1) return image;
      // The encoders transform the colours of whatever has three components.
      return photometric === "RGB" ? { ...image, photometricInterpretation: "YBR_RCT" } : undefined;
    default:
      return undefined;
  }
}

/** And of JPEG lossless: two to sixteen bits, at the low end of their cells. */
function isInReachOfJpegLs({ bitsAllocated, bitsStored, highBit }: ImageDescription): boolean {
  return bitsAllocated <= 16 && bitsStored >= 2 && highBit === bitsStored - 1;
}

/** What the JavaScript of the codecs hands on: signed samples of one byte and colours of two come out wrong. */
function isInReachOfJpeg2000(image: ImageDescription): boolean {
  const { samplesPerPixel, bitsStored, signed } = image;
  return isInReachOfJpegLs(image) && (bitsStored > 8 ? samplesPerPixel === 1 : !signed);
}

/** Elements whose value is not that of the head; in ascending order. */
function changes(
  head: DataSet,
  source: ImageDescription,
  result: ImageDescription,
  method: string | undefined,
): Transcoding["set"] {
  const set: Transcoding["set"][number][] = [];
  const { photometricInterpretation, samplesPerPixel, planarConfiguration } = result;
  if (photometricInterpretation !== source.photometricInterpretation) {
    set.push({ tag: Tags.PhotometricInterpretation, vr: "CS", value: photometricInterpretation });
  }
  if (samplesPerPixel === 3 && head.integer(PixelTags.PlanarConfiguration) !== planarConfiguration) {
    set.push({ tag: PixelTags.PlanarConfiguration, vr: "US", value: planarConfiguration });
  }
  if (method !== undefined && head.string(Tags.LossyImageCompression) !== "01") {
    set.push({ tag: Tags.LossyImageCompression, vr: "CS", value: "01" });
    if (!head.has(PixelTags.LossyImageCompressionMethod)) {
      set.push({ tag: PixelTags.LossyImageCompressionMethod, vr: "CS", value: method });
    }
  }
  return set;
}
