import type { ServerResponse } from "node:http";
import type { Logger } from "../base/index.ts";
import type { ImageCache } from "../cache/index.ts";
import { ANY_SYNTAX, NETWORK_SYNTAXES, type Representation } from "../dicomweb/index.ts";
import { createPixels, type Pixels } from "../pixels/index.ts";
import { sendBulk } from "./bulk.ts";
import { fault } from "./errors.ts";
import { sendFrames } from "./frames.ts";
import { sendMetadata } from "./metadata.ts";
import type { InstanceFacts } from "./model.ts";
import { sendObject, sendObjects } from "./objects.ts";
import { Outlet } from "./outlet.ts";
import { sendPicture } from "./picture.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import { Shelf } from "./shelf.ts";

export interface ImagesOptions {
  /** Address of the service, no trailing slash: the metadata name values below it. */
  readonly base: string;
  readonly cache: ImageCache<InstanceFacts>;
  /** Transcodes and draws, closed by whoever made it; one of its own, which ends with the process, unless said. */
  readonly pixels?: Pixels;
  /** How long 512 kB may take to leave to a reader, in milliseconds. */
  readonly longestWaitMs?: number;
  readonly log: Logger;
}

export interface Images {
  /**
   * Begins to answer a request for a study. From here on a withdrawal of the study ends it: whoever begins before he asks whether
   * the images may leave cannot miss that they may not any more.
   */
  begin(response: ServerResponse, studyInstanceUID: string): Transfer;
  /** Begins to bring a study before anybody asks. A withdrawal from here on ends it, as it ends a transfer. */
  prepare(studyInstanceUID: string): Preparation;
  /** Nothing of the study is sent any more: what is kept goes, transfers under way are cut. */
  withdraw(studyInstanceUID: string): Promise<void>;
}

/** One answer. Disposing of it ends no transfer: it is only not known any more. */
export interface Transfer extends Disposable {
  /** Aborted when the reader is gone, or when nothing may be sent any more. */
  readonly signal: AbortSignal;
  /**
   * Sends images in the form that was negotiated. It rejects, and nothing was written, as long as the status can tell why;
   * afterwards the delivery tells what was not sent.
   */
  respond(representation: Representation, request: ImagesRequest): Promise<Delivery>;
}

/** A study that is brought for those who may ask. Disposing of it ends nothing. */
export interface Preparation extends Disposable {
  /**
   * Has the series of the request at hand, one after the other, in what other boxes ask for. Rejects with why one could not be
   * had, or with the reason of the signal.
   */
  bring(request: ImagesRequest, signal: AbortSignal): Promise<void>;
}

export function createImages({ cache, pixels = createPixels(), base, longestWaitMs, log }: ImagesOptions): Images {
  const shelf = new Shelf(cache, log);
  const underWay = new Set<{ readonly studyInstanceUID: string; readonly withdraw: () => void }>();

  async function respond(outlet: Outlet, representation: Representation, request: ImagesRequest): Promise<Delivery> {
    outlet.signal.throwIfAborted();
    switch (representation.form) {
      case "multipart":
        return sendObjects(outlet, shelf, request, representation.transferSyntaxes, pixels);
      case "single":
        return sendObject(outlet, shelf, request, representation.transferSyntaxes, pixels);
      case "json": {
        const { contentType } = representation;
        return sendMetadata(outlet, shelf, request, { contentType, base, transferSyntaxes: ANY_SYNTAX });
      }
      case "frames":
        return sendFrames(outlet, shelf, request, request.frames ?? [1], representation.transferSyntaxes, pixels);
      case "bulk-multipart":
      case "bulk-single":
        return sendBulk(outlet, shelf, request, representation.form, ANY_SYNTAX, pixels);
      case "jpeg":
        return sendPicture(outlet, shelf, request, pixels);
    }
  }

  return {
    begin(response, studyInstanceUID) {
      const outlet = new Outlet(response, longestWaitMs);
      const transfer = { studyInstanceUID, withdraw: () => outlet.withdraw() };
      underWay.add(transfer);
      return {
        signal: outlet.signal,
        respond: (representation, request) => respond(outlet, representation, request),
        [Symbol.dispose]: () => void underWay.delete(transfer),
      };
    },
    prepare(studyInstanceUID) {
      const withdrawn = new AbortController();
      const preparation = { studyInstanceUID, withdraw: () => withdrawn.abort(fault("IMAGES_WITHDRAWN")) };
      underWay.add(preparation);
      return {
        bring: (request, signal) => bring(shelf, request, AbortSignal.any([withdrawn.signal, signal])),
        [Symbol.dispose]: () => void underWay.delete(preparation),
      };
    },
    withdraw(studyInstanceUID) {
      for (const one of underWay) if (one.studyInstanceUID === studyInstanceUID) one.withdraw();
      return cache.withdraw(studyInstanceUID);
    },
  };
}

async function bring(shelf: Shelf, request: ImagesRequest, signal: AbortSignal): Promise<void> {
  for (const series of request.series) {
    await using reader = await openSeries(shelf, request, series, NETWORK_SYNTAXES, signal);
    // All of it has come when no more does.
    const items = reader.items();
    while ((await items.next()).done !== true);
  }
}
