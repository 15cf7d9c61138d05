import { ANY_SYNTAX } from "../dicomweb/index.ts";
import { describeImage, middleFrame, type Pixels, readRenderingQuery, renderingOf } from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { frameBytes, keptFramesOf } from "./headers.ts";
import type { WantedSeries } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

const JPEG = "image/jpeg";

/**
 * Sends one picture of what is asked for (PS3.18 10.4.1.1.3, 10.4.1.1.4): of the first series the instance in the middle, of several
 * frames the one in the middle, or the first that is named. Rejects, and nothing is sent, with PIXELS_*, and as `sendFrames` does.
 */
export async function sendPicture(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  pixels: Pixels,
): Promise<Delivery> {
  const { what, query } = request.picture ?? { what: "rendered", query: new URLSearchParams() };
  const asked = readRenderingQuery(query, what);
  const [series] = request.series;
  const instance = series?.instances[(series.instances.length - 1) >> 1];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  // Of a whole series that instance only is brought.
  const alone: WantedSeries =
    series.instances.length === 1 ? series : { ...series, instances: [instance], partial: true };
  await using reader = await openSeries(shelf, request, alone, ANY_SYNTAX, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const { head, locations } = await keptFramesOf(item);
  const frame = request.frames?.[0] ?? middleFrame(locations.length);
  const location = locations[frame - 1];
  if (location === undefined) throw fault("IMAGES_FRAME_UNKNOWN", { details: { frame, frames: locations.length } });
  const jpeg = await pixels.render(
    await frameBytes(item, location),
    { image: describeImage(head), from: item.facts.transferSyntax, rendering: renderingOf(head, frame, asked) },
    { urgency: request.urgency, signal: outlet.signal },
  );
  outlet.begin(200, { "content-type": JPEG, "content-length": String(jpeg.length) });
  try {
    await outlet.write(jpeg);
    await outlet.end();
    return { instances: 1, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    outlet.destroy();
    return { instances: 0, bytes: outlet.bytes, missing: [instance.sopInstanceUID], fault: error };
  }
}
