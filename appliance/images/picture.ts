import { ANY_SYNTAX } from "../dicomweb/index.ts";
import { describeImage, middleFrame, type Pixels, readRenderingQuery, renderingOf } from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { frameOf } from "./form.ts";
import { keptFramesOf } from "./headers.ts";
import { type HeadLimits, withHead } from "./large-heads.ts";
import type { WantedSeries } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

const JPEG = "image/jpeg";

/** Storage classes without pixels: presentation states, waveforms, registrations, reports, documents, radiotherapy plans (PS3.4 B.5). */
const NEVER_DRAWN = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(9|11|66\.[12356]|88|104|481\.[3-9])(\.|$)/;

/**
 * Sends one picture of what is asked for (PS3.18 10.4.1.1.3, 10.4.1.1.4): of the first series of images the instance in the middle, of several
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
  const series = request.series.find(hasPixels) ?? request.series[0];
  const instance = series?.instances[(series.instances.length - 1) >> 1];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  // Of a whole series that instance only is brought.
  const alone: WantedSeries =
    series.instances.length === 1 ? series : { ...series, instances: [instance], partOf: series.instances };
  await using reader = await openSeries(shelf, request, alone, ANY_SYNTAX, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const read = (limits: HeadLimits) => keptFramesOf(item, limits);
  const { location, ...how } = await withHead(item, outlet.signal, read, ({ head, locations }) => {
    const frame = request.frames?.[0] ?? middleFrame(locations.length);
    const location = locations[frame - 1];
    if (location === undefined) throw fault("IMAGES_FRAME_UNKNOWN", { details: { frame, frames: locations.length } });
    return { location, image: describeImage(head), rendering: renderingOf(head, frame, asked) };
  });
  const jpeg = await pixels.render(
    frameOf(item, location),
    { ...how, from: item.facts.transferSyntax },
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

function hasPixels({ instances }: WantedSeries): boolean {
  return instances.some(({ sopClassUID }) => !NEVER_DRAWN.test(sopClassUID));
}
