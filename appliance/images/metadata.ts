import { setImmediate } from "node:timers/promises";
import type { CachedItem } from "../cache/index.ts";
import { toJson } from "../dicom/index.ts";
import { ahead } from "./ahead.ts";
import { describedHeadOf } from "./headers.ts";
import { type HeadLimits, ifSmall, largeHeads } from "./large-heads.ts";
import type { InstanceFacts } from "./model.ts";
import type { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries, wantedOf } from "./request.ts";
import type { Shelf } from "./shelf.ts";

/** Instances whose heads are read while one is written. */
const AHEAD = 8;

/** Text that is written at once, in characters. */
const GATHERED = 64 * 1024;

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
  const text = new Text(outlet, contentType);
  try {
    for (const series of request.series) {
      await using reader = await openSeries(shelf, request, series, transferSyntaxes, outlet.signal);
      const address = `${base}/studies/${series.studyInstanceUID}/series/${series.seriesInstanceUID}/instances`;
      const begin = async (item: CachedItem<InstanceFacts>) => {
        const read = (limits?: HeadLimits) => describedHeadOf(item, request.patient, limits);
        const head = missing.has(item.name) ? await ifSmall(read) : undefined;
        return { item, read, head };
      };
      for await (const { item, read, head } of ahead(wantedOf(reader, series), AHEAD, begin)) {
        const { name } = item;
        if (!missing.has(name)) continue;
        // Who has a turn waits for no PACS.
        if (head === undefined) await item.whole();
        using turn = head === undefined ? await largeHeads.take(outlet.signal) : undefined;
        const { dataSet, pixelDataVR } = head ?? (await read());
        const bulkDataURI = (path: string) => `${address}/${name}/bulkdata/${path}`;
        const before = outlet.bytes;
        await text.write(missing.size === wanted ? "[" : ",");
        for (const piece of toJson(dataSet, { bulkDataURI, ...(pixelDataVR && { pixelDataVR }) })) {
          await text.write(piece);
          turn?.check(outlet.bytes - before);
        }
        missing.delete(name);
      }
    }
    await text.write("]");
    await text.end();
    return { instances: wanted, bytes: outlet.bytes, missing: [] };
  } catch (error) {
    if (!outlet.begun) throw error;
    outlet.destroy();
    return { instances: wanted - missing.size, bytes: outlet.bytes, missing: [...missing], fault: error };
  }
}

/** JSON on its way: gathered, for a write of its own costs more than the text of an instance. */
class Text {
  readonly #outlet: Outlet;
  readonly #contentType: string;
  #gathered = "";
  #turn = performance.now();

  constructor(outlet: Outlet, contentType: string) {
    this.#outlet = outlet;
    this.#contentType = contentType;
  }

  /** Resolves when there is room for more, and everybody else has had his turn. */
  async write(piece: string): Promise<void> {
    if (!this.#outlet.begun) this.#outlet.begin(200, { "content-type": this.#contentType });
    this.#gathered += piece;
    const isOver = performance.now() - this.#turn >= TURN_MS;
    if (!isOver && this.#gathered.length < GATHERED) return;
    await this.#leave();
    if (!isOver) return;
    this.#outlet.flush();
    await setImmediate();
    this.#turn = performance.now();
  }

  async end(): Promise<void> {
    await this.#leave();
    await this.#outlet.end();
  }

  async #leave(): Promise<void> {
    const bytes = Buffer.from(this.#gathered);
    this.#gathered = "";
    await this.#outlet.write(bytes);
  }
}
