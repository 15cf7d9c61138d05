import { createMultipart, frameTypeOf } from "../dicomweb/index.ts";
import type { Pixels } from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { formOf, frameIn } from "./form.ts";
import { locationsOf } from "./locations.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

/**
 * Sends frames of one instance in parts, in the order asked for (PS3.18 10.4.1.1.6), as they are encoded if that is accepted. Rejects,
 * and nothing is sent, with IMAGES_NO_PIXELS, IMAGES_FRAME_UNKNOWN, PIXELS_*, or DICOM_* for pixels that cannot be told apart.
 */
export async function sendFrames(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  frames: readonly number[] | "all",
  transferSyntaxes: readonly string[],
  pixels: Pixels,
): Promise<Delivery> {
  const [series] = request.series;
  const [instance] = series?.instances ?? [];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const locations = await locationsOf(item, outlet.signal);
  const numbers = frames === "all" ? locations.map((_, index) => index + 1) : frames;
  const asked = numbers.map((frame) => {
    const location = locations[frame - 1];
    if (location === undefined) throw fault("IMAGES_FRAME_UNKNOWN", { details: { frame, frames: locations.length } });
    return location;
  });
  const form = await formOf(item, transferSyntaxes);
  const { transferSyntax } = form;
  const type = frameTypeOf(transferSyntax);
  const multipart = createMultipart({ type, transferSyntax });
  try {
    for (const location of asked) {
      await using frame = frameIn(form, item, location, { pixels, urgency: request.urgency, signal: outlet.signal });
      // What fails before the first bytes have come can still be told.
      const { value: first } = await frame.next();
      if (!outlet.begun) outlet.begin(200, { "content-type": multipart.contentType });
      await outlet.write(multipart.part(`${type}; transfer-syntax=${transferSyntax}`));
      if (first !== undefined) await outlet.write(first);
      for await (const piece of frame) await outlet.write(piece);
    }
    await outlet.write(multipart.end);
    await outlet.end();
    return { instances: 1, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    if (!outlet.begun) throw error;
    outlet.destroy();
    return { instances: 0, bytes: outlet.bytes, missing: [instance.sopInstanceUID], fault: error };
  }
}
