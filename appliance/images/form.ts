import { CodedError } from "../base/index.ts";
import type { CachedItem } from "../cache/index.ts";
import { encodeDataSet, type FrameLocation } from "../dicom/index.ts";
import {
  applyTranscoding,
  ENCODABLE,
  type Frame,
  type FrameOptions,
  frameAround,
  lossIsInStream,
  type Pixels,
  pixelDataEnd,
  pixelDataHead,
  planTranscoding,
  type Transcoding,
} from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { frameBytes, headOf, keptFramesOf, keptHeadOf, readerOf } from "./headers.ts";
import { fileHead, fileOf } from "./instance.ts";
import type { ImagesPatient, InstanceFacts } from "./model.ts";

/** What the main header of a JPEG 2000 stream fits in, in bytes, with the profile of colours that a JP2 file has before it. */
const MAIN_HEADER = 64 * 1024;

/** The form in which an instance leaves: as it is kept, or with its frames brought into another transfer syntax. */
export interface Form {
  readonly transferSyntax: string;
  readonly transcoding?: Transcoding;
}

/** Who transcodes, how urgently, and for how long there is sense in it. */
export interface Turning extends FrameOptions {
  readonly pixels: Pixels;
}

/**
 * The best accepted form of what is kept. Rejects with PIXELS_* when its frames cannot be brought into any of them, and with
 * IMAGES_FORM_UNAVAILABLE.
 */
export async function formOf(item: CachedItem<InstanceFacts>, accepted: readonly string[]): Promise<Form> {
  const { transferSyntax } = item.facts;
  if (accepted.includes(transferSyntax)) return { transferSyntax };
  const head = await keptHeadOf(item);
  const beginning = lossIsInStream(head, transferSyntax) ? await beginningOfFrames(item) : undefined;
  let refusal: unknown;
  for (const to of accepted.filter((syntax) => ENCODABLE.includes(syntax))) {
    try {
      return { transferSyntax: to, transcoding: planTranscoding(head, transferSyntax, to, beginning) };
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal ?? fault("IMAGES_FORM_UNAVAILABLE");
}

async function beginningOfFrames(item: CachedItem<InstanceFacts>): Promise<Uint8Array> {
  const { locations } = await keptFramesOf(item);
  const read: Uint8Array[] = [];
  let missing = MAIN_HEADER;
  for (const { offset, length } of locations[0]?.pieces ?? []) {
    const piece = await readerOf(item)(offset, Math.min(length, missing));
    read.push(piece);
    missing -= piece.length;
    if (missing === 0) break;
  }
  return Buffer.concat(read);
}

/** A frame that is read when there is room for it. */
export function frameOf(item: CachedItem<InstanceFacts>, location: FrameLocation): Frame {
  const length = location.pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { length, read: () => frameBytes(item, location) };
}

/** True for what is wrong with one instance or its pixels, which says nothing of the next. */
export function isOfPixels(error: unknown): boolean {
  return error instanceof CodedError && /^(PIXELS|DICOM)_/.test(error.code);
}

/** The instance as a file (PS3.10) in that form, the identifier put in. What fails before the first bytes is no file that broke off. */
export function fileIn(
  { transcoding }: Form,
  item: CachedItem<InstanceFacts>,
  patient: ImagesPatient,
  turning: Turning,
): AsyncGenerator<Uint8Array> {
  return transcoding === undefined ? fileOf(item, patient) : transcodedFileOf(item, patient, transcoding, turning);
}

/** What came behind the pixels (padding, signatures of other bytes) stays behind. */
async function* transcodedFileOf(
  item: CachedItem<InstanceFacts>,
  patient: ImagesPatient,
  transcoding: Transcoding,
  turning: Turning,
): AsyncGenerator<Uint8Array> {
  const head = await headOf(item, patient);
  const { locations } = await keptFramesOf(item);
  applyTranscoding(head, transcoding);
  let written = 0;
  for (const location of locations) {
    const frame = await transcodedFrame(item, location, transcoding, turning);
    if (written === 0) {
      yield* fileHead(item, transcoding.to);
      yield encodeDataSet(head, transcoding.to);
      yield pixelDataHead(transcoding);
    }
    const { before, after } = frameAround(transcoding, frame.length);
    yield before;
    yield frame;
    yield after;
    written += frame.length;
  }
  yield pixelDataEnd(transcoding, written);
}

/** The pieces of one frame in that form. */
export async function* frameIn(
  { transcoding }: Form,
  item: CachedItem<InstanceFacts>,
  location: FrameLocation,
  turning: Turning,
): AsyncGenerator<Uint8Array> {
  if (transcoding !== undefined) yield await transcodedFrame(item, location, transcoding, turning);
  else for (const { offset, length } of location.pieces) yield* item.read({ start: offset, end: offset + length });
}

async function transcodedFrame(
  item: CachedItem<InstanceFacts>,
  location: FrameLocation,
  transcoding: Transcoding,
  { pixels, ...options }: Turning,
): Promise<Uint8Array> {
  return pixels.transcode(frameOf(item, location), transcoding, options);
}
