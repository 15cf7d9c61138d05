import { setImmediate } from "node:timers/promises";
import type { CachedItem } from "../cache/index.ts";
import { toJson } from "../dicom/index.ts";
import { ahead } from "./ahead.ts";
import { headOf } from "./headers.ts";
import type { InstanceFacts } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import type { Shelf } from "./shelf.ts";

/** Instances that are read while one is written. */
const AHEAD = 8;

/** How long metadata is made without giving the event loop its turn, in milliseconds. */
const TURN_MS = 5;

export interface MetadataOptions {
  readonly contentType: string;
  /** Address of the service, for the values that are fetched on their own. */
  readonly base: string;
  readonly transferSyntaxes: readonly string[];
}

/**
 * Sends the data sets of instances without their pixels as a JSON array (PS3.18 10.4.1.1.2, annex F), each as soon as it has
 * come. An array has no way to say that something is missing: it is cut off then.
 */
export async function sendMetadata(
  outlet: Outlet,
  shelf: Shelf,
  request: ImagesRequest,
  { contentType, base, transferSyntaxes }: MetadataOptions,
): Promise<Delivery> {
  const missing = new Set(request.series.flatMap(({ instances }) => instances.map((one) => one.sopInstanceUID)));
  const wanted = missing.size;
  let turn = performance.now();
  try {
    for (const series of request.series) {
      await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
      const address = `${base}/studies/${series.studyInstanceUID}/series/${series.seriesInstanceUID}/instances`;
      const made = async (item: CachedItem<InstanceFacts>) => ({
        name: item.name,
        json: missing.has(item.name) ? await metadataOf(item, request, `${address}/${item.name}/bulkdata`) : "",
      });
      for await (const { name, json } of ahead(reader.items(), AHEAD, made)) {
        if (!missing.has(name)) continue;
        if (!outlet.begun) outlet.begin(200, { "content-type": contentType });
        await outlet.write(Buffer.from(`${missing.size === wanted ? "[" : ","}${json}`));
        missing.delete(name);
        if (performance.now() - turn < TURN_MS) continue;
        outlet.flush();
        await setImmediate();
        turn = performance.now();
      }
    }
    await outlet.write(Buffer.from("]"));
    await outlet.end();
    return { instances: wanted, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    if (!outlet.begun) throw error;
    outlet.destroy();
    return { instances: wanted - missing.size, bytes: outlet.bytes, missing: [...missing], fault: error };
  }
}

async function metadataOf(
  item: CachedItem<InstanceFacts>,
  { patient }: ImagesRequest,
  address: string,
): Promise<string> {
  const dataSet = await headOf(item, patient);
  const { transferSyntax } = item.facts;
  return toJson(dataSet, {
    bulkDataURI: (path) => `${address}/${path}`,
    pixelDataVR: /^1\.2\.840\.10008\.1\.2(\.1)?$/.test(transferSyntax) ? "OW" : "OB",
  });
}
