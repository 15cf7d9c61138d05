import type { CachedItem } from "../cache/index.ts";
import { type DataSet, type FrameLocation, transferSyntaxOf } from "../dicom/index.ts";
import { createMultipart, OCTET_STREAM } from "../dicomweb/index.ts";
import type { Pixels } from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { sendFrames } from "./frames.ts";
import { headOf } from "./headers.ts";
import { type HeadLimits, withHead } from "./large-heads.ts";
import { locationsOf } from "./locations.ts";
import type { InstanceFacts } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

const PIXEL_DATA = "7FE00010";

/**
 * Sends the value that the metadata give an address of (PS3.18 10.4.1.1.5); pixel data in parts as their frames, one a part. Rejects,
 * and nothing is sent, with IMAGES_BULK_UNKNOWN; for pixel data as `sendFrames` does, and with IMAGES_SYNTAX_REFUSED when they are
 * to come alone and are several compressed frames.
 */
export async function sendBulk(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  form: "bulk-multipart" | "bulk-single",
  transferSyntaxes: readonly string[],
  pixels: Pixels,
): Promise<Delivery> {
  const path = request.bulk ?? [];
  const ofPixels = path.length === 1 && path[0] === PIXEL_DATA;
  if (ofPixels && form === "bulk-multipart") {
    return sendFrames(outlet, shelf, request, "all", transferSyntaxes, pixels);
  }
  const [series] = request.series;
  const [instance] = series?.instances ?? [];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const { type, value } = ofPixels
    ? await pixelsOf(item, outlet.signal)
    : await elementOf(item, request, outlet.signal);
  const multipart = createMultipart({ type });
  const alone = form === "bulk-single";
  outlet.begin(200, { "content-type": alone ? type : multipart.contentType });
  try {
    if (!alone) await outlet.write(multipart.part(type));
    for await (const piece of value) await outlet.write(piece);
    if (!alone) await outlet.write(multipart.end);
    await outlet.end();
    return { instances: 1, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    outlet.destroy();
    return { instances: 0, bytes: outlet.bytes, missing: [instance.sopInstanceUID], fault: error };
  }
}

interface Bulk {
  readonly type: string;
  readonly value: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

async function elementOf(
  item: CachedItem<InstanceFacts>,
  { patient, bulk = [] }: ImagesRequest,
  signal: AbortSignal,
): Promise<Bulk> {
  const read = (limits: HeadLimits) => headOf(item, patient, limits);
  return { type: OCTET_STREAM, value: [await withHead(item, signal, read, (head) => valueAt(head, bulk))] };
}

/** Frames without compression follow each other in the value; of compressed ones (PS3.5 A.4), one only can be alone. */
async function pixelsOf(item: CachedItem<InstanceFacts>, signal: AbortSignal): Promise<Bulk> {
  const locations = await locationsOf(item, signal);
  const { transferSyntax } = item.facts;
  if (transferSyntaxOf(transferSyntax)?.encapsulated !== false && locations.length > 1) {
    throw fault("IMAGES_SYNTAX_REFUSED", { details: { available: transferSyntax } });
  }
  const type = `${OCTET_STREAM}; transfer-syntax=${transferSyntax}`;
  return {
    type,
    value: read(
      item,
      locations.flatMap(({ pieces }) => pieces),
    ),
  };
}

async function* read(item: CachedItem<InstanceFacts>, pieces: FrameLocation["pieces"]): AsyncGenerator<Uint8Array> {
  for (const { offset, length } of pieces) yield* item.read({ start: offset, end: offset + length });
}

/** `[tag, item, tag, item, tag]`, items from 1, as `toJson` counts them. */
function valueAt(root: DataSet, path: readonly string[]): Uint8Array {
  let dataSet: DataSet | undefined = root;
  for (let step = 0; step + 1 < path.length; step += 2) {
    dataSet = dataSet?.items(Number.parseInt(path[step] ?? "", 16))[Number(path[step + 1]) - 1];
  }
  const value = dataSet?.bytes(Number.parseInt(path.at(-1) ?? "", 16));
  if (value === undefined || path.length % 2 === 0) throw fault("IMAGES_BULK_UNKNOWN");
  return value;
}
