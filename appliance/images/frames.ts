import type { CachedItem } from "../cache/index.ts";
import { frameLocations, locatePixelData } from "../dicom/index.ts";
import { createMultipart, frameTypeOf } from "../dicomweb/index.ts";
import { fault } from "./errors.ts";
import { keptHeadOf, readerOf } from "./headers.ts";
import type { InstanceFacts } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

/**
 * Sends frames of one instance in parts, in the order asked for (PS3.18 10.4.1.1.6), as they are encoded. Rejects, and nothing is
 * sent, with IMAGES_NO_PIXELS, IMAGES_FRAME_UNKNOWN, or DICOM_* for pixels that cannot be told apart.
 */
export async function sendFrames(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  frames: readonly number[] | "all",
  transferSyntaxes: readonly string[],
): Promise<Delivery> {
  const [series] = request.series;
  const [instance] = series?.instances ?? [];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const locations = await locationsIn(item);
  const numbers = frames === "all" ? locations.map((_, index) => index + 1) : frames;
  const asked = numbers.map((frame) => {
    const location = locations[frame - 1];
    if (location === undefined) throw fault("IMAGES_FRAME_UNKNOWN", { details: { frame, frames: locations.length } });
    return location;
  });
  const { transferSyntax } = item.facts;
  const type = frameTypeOf(transferSyntax);
  const multipart = createMultipart({ type, transferSyntax });
  outlet.begin(200, { "content-type": multipart.contentType });
  try {
    for (const { pieces } of asked) {
      await outlet.write(multipart.part(`${type}; transfer-syntax=${transferSyntax}`));
      for (const { offset, length } of pieces) {
        for await (const piece of item.read({ start: offset, end: offset + length })) await outlet.write(piece);
      }
    }
    await outlet.write(multipart.end);
    await outlet.end();
    return { instances: 1, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    outlet.destroy();
    return { instances: 0, bytes: outlet.bytes, missing: [instance.sopInstanceUID], fault: error };
  }
}

async function locationsIn(item: CachedItem<InstanceFacts>) {
  const dataSet = await keptHeadOf(item);
  const read = readerOf(item);
  const pixelData = await locatePixelData(dataSet, read);
  if (pixelData === undefined) throw fault("IMAGES_NO_PIXELS");
  return frameLocations({ dataSet, transferSyntax: item.facts.transferSyntax, pixelData, read });
}
