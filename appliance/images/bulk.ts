import type { DataSet } from "../dicom/index.ts";
import { createMultipart, OCTET_STREAM } from "../dicomweb/index.ts";
import type { Pixels } from "../pixels/index.ts";
import { fault } from "./errors.ts";
import { sendFrames } from "./frames.ts";
import { headOf } from "./headers.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

const PIXEL_DATA = "7FE00010";

/**
 * Sends the value that the metadata give an address of (PS3.18 10.4.1.1.5); pixel data as its frames, one a part. Rejects, and
 * nothing is sent, with IMAGES_BULK_UNKNOWN.
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
  if (path.length === 1 && path[0] === PIXEL_DATA) {
    return sendFrames(outlet, shelf, request, "all", transferSyntaxes, pixels);
  }
  const [series] = request.series;
  const [instance] = series?.instances ?? [];
  if (series === undefined || instance === undefined) throw fault("IMAGES_GONE");
  await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
  const item = await reader.find(instance.sopInstanceUID);
  if (item === undefined) throw fault("IMAGES_GONE");
  const value = valueAt(await headOf(item, request.patient), path);
  if (form === "bulk-single") {
    outlet.begin(200, { "content-type": OCTET_STREAM });
    await outlet.write(value);
  } else {
    const multipart = createMultipart({ type: OCTET_STREAM });
    outlet.begin(200, { "content-type": multipart.contentType });
    await outlet.write(multipart.part(OCTET_STREAM));
    await outlet.write(value);
    await outlet.write(multipart.end);
  }
  await outlet.end();
  return { instances: 1, bytes: outlet.bytes, missing: [] };
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
