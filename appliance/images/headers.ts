import type { CachedItem } from "../cache/index.ts";
import {
  type DataSet,
  dicomErrors,
  type FrameLocation,
  frameLocations,
  locatePixelData,
  type ReadAt,
  readHeader,
  Tags,
  tagString,
} from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { dataSetOf } from "./instance.ts";
import { type HeadLimits, MOST_OF_A_HEAD } from "./large-heads.ts";
import type { ImagesPatient, InstanceFacts } from "./model.ts";

/** What most headers fit in, in bytes: pixels are not read with them. */
const MOST_HEADERS = 16 * 1024;

/** How Pixel Data of words begins in Explicit VR Little Endian (PS3.5 7.1.2); of bytes, it is OB. */
const TAG_AND_VR = Buffer.from("e07f10004f57", "hex");

/** The elements of an instance before its pixels, and the VR of the Pixel Data (7FE0,0010): reports and float pixels have none. */
export interface Head {
  readonly dataSet: DataSet;
  readonly pixelDataVR: "OB" | "OW" | undefined;
}

/**
 * The head of an instance, the identifier put in; with its extended offset table, if it has one. Rejects with
 * DICOM_HEADER_TOO_LARGE or DICOM_TOO_MANY_ELEMENTS when that is more than `limits`.
 */
export async function describedHeadOf(
  item: CachedItem<InstanceFacts>,
  patient: ImagesPatient,
  limits: HeadLimits = MOST_OF_A_HEAD,
): Promise<Head> {
  const options = { untilTag: Tags.FloatPixelData, limits };
  const source = dataSetOf(item, patient, inSteps(item));
  const { dataSet, rest } = await readHeader(source, item.facts.transferSyntax, options);
  let next = Buffer.alloc(0);
  for await (const piece of rest) {
    next = Buffer.concat([next, piece], Math.min(next.length + piece.length, TAG_AND_VR.length));
    if (next.length === TAG_AND_VR.length) break;
  }
  const hasPixelData = next.subarray(0, 4).equals(TAG_AND_VR.subarray(0, 4));
  return { dataSet, pixelDataVR: hasPixelData ? (next.equals(TAG_AND_VR) ? "OW" : "OB") : undefined };
}

/** The elements of it only. */
export async function headOf(
  item: CachedItem<InstanceFacts>,
  patient: ImagesPatient,
  limits?: HeadLimits,
): Promise<DataSet> {
  return (await describedHeadOf(item, patient, limits)).dataSet;
}

/** The elements as they are kept, to find places in the kept bytes: nothing of it may be shown. */
export async function keptHeadOf(
  item: CachedItem<InstanceFacts>,
  limits: HeadLimits = MOST_OF_A_HEAD,
): Promise<DataSet> {
  const options = { untilTag: Tags.FloatPixelData, limits };
  const { dataSet, rest } = await readHeader(inSteps(item), item.facts.transferSyntax, options);
  await rest.return(undefined);
  return dataSet;
}

async function* inSteps(item: CachedItem<InstanceFacts>): AsyncGenerator<Uint8Array> {
  yield* item.read({ end: MOST_HEADERS });
  yield* item.read({ start: MOST_HEADERS });
}

/** Reads anywhere in the kept bytes of an instance. */
export function readerOf(item: CachedItem<InstanceFacts>): ReadAt {
  return async (offset, length) => {
    const pieces: Buffer[] = [];
    for await (const piece of item.read({ start: offset, end: offset + length })) pieces.push(piece);
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  };
}

/**
 * Where the frames of an instance are in the kept bytes, and what describes them. Rejects with IMAGES_NO_PIXELS and DICOM_*: with
 * DICOM_TRUNCATED also when it ended before the frames that its header tells of.
 */
export async function keptFramesOf(
  item: CachedItem<InstanceFacts>,
  limits?: HeadLimits,
): Promise<{ readonly head: DataSet; readonly locations: readonly FrameLocation[] }> {
  const head = await keptHeadOf(item, limits);
  const read = readerOf(item);
  const pixelData = await locatePixelData(head, read);
  if (pixelData === undefined) throw fault("IMAGES_NO_PIXELS");
  const { transferSyntax } = item.facts;
  const locations = await frameLocations({ dataSet: head, transferSyntax, pixelData, read });
  const needed = endOf(locations);
  const present = await item.whole();
  if (needed > present) throw truncated(needed, present);
  return { head, locations };
}

function endOf(locations: readonly FrameLocation[]): number {
  let end = 0;
  for (const { pieces } of locations) for (const { offset, length } of pieces) end = Math.max(end, offset + length);
  return end;
}

function truncated(needed: number, present: number) {
  return dicomErrors.fault("DICOM_TRUNCATED", { where: tagString(Tags.PixelData), details: { needed, present } });
}

/** The bytes of a frame, its fragments joined, in a buffer of their own. Rejects with DICOM_TRUNCATED: what is missing is not black. */
export async function frameBytes(item: CachedItem<InstanceFacts>, { pieces }: FrameLocation): Promise<Uint8Array> {
  const needed = pieces.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(needed);
  let at = 0;
  for (const { offset, length } of pieces) {
    for await (const piece of item.read({ start: offset, end: offset + length })) {
      bytes.set(piece, at);
      at += piece.length;
    }
  }
  if (at < needed) throw truncated(needed, at);
  return bytes;
}
