import type { ServerResponse } from "node:http";
import type { Logger } from "../base/index.ts";
import type { ImageCache } from "../cache/index.ts";
import { ANY_SYNTAX, type Representation } from "../dicomweb/index.ts";
import { sendBulk } from "./bulk.ts";
import { fault } from "./errors.ts";
import { sendFrames } from "./frames.ts";
import { sendMetadata } from "./metadata.ts";
import type { InstanceFacts } from "./model.ts";
import { sendObject, sendObjects } from "./objects.ts";
import { Outlet } from "./outlet.ts";
import { type Delivery, type ImagesRequest, openSeries } from "./request.ts";
import { Shelf } from "./shelf.ts";

export interface ImagesOptions {
  /** Address of the service, no trailing slash: the metadata name values below it. */
  readonly base: string;
  readonly cache: ImageCache<InstanceFacts>;
  /** How long 512 kB may take to leave to a reader, in milliseconds. */
  readonly longestWaitMs?: number;
  readonly log: Logger;
}

export interface Images {
  /**
   * Answers a request in the form that was negotiated. It rejects, and nothing was written, as long as the status can tell why;
   * afterwards the delivery tells what was not sent.
   */
  respond(response: ServerResponse, representation: Representation, request: ImagesRequest): Promise<Delivery>;
  /** Brings images before anybody waits for them. */
  prefetch(request: ImagesRequest, transferSyntaxes: readonly string[], signal: AbortSignal): Promise<void>;
  /** Nothing of the study is sent any more from what is kept; who reads it is cut off. */
  withdraw(studyInstanceUID: string): Promise<void>;
}

export function createImages({ cache, base, longestWaitMs, log }: ImagesOptions): Images {
  const shelf = new Shelf(cache, log);
  return {
    async respond(response, representation, request) {
      const outlet = new Outlet(response, longestWaitMs);
      switch (representation.form) {
        case "multipart":
          return sendObjects(outlet, shelf, request, representation.transferSyntaxes);
        case "single":
          return sendObject(outlet, shelf, request, representation.transferSyntaxes);
        case "json": {
          const { contentType } = representation;
          return sendMetadata(outlet, shelf, request, { contentType, base, transferSyntaxes: ANY_SYNTAX });
        }
        case "frames":
          return sendFrames(outlet, shelf, request, request.frames ?? [1], representation.transferSyntaxes);
        case "bulk-multipart":
        case "bulk-single":
          return sendBulk(outlet, shelf, request, representation.form, ANY_SYNTAX);
        case "jpeg":
          throw fault("IMAGES_FORM_UNAVAILABLE");
      }
    },
    async prefetch(request, transferSyntaxes, signal) {
      for (const series of request.series) {
        await using reader = await openSeries(shelf, request, series, transferSyntaxes, signal);
        for await (const item of reader.items()) await item.whole();
      }
    },
    withdraw: (studyInstanceUID) => cache.withdraw(studyInstanceUID),
  };
}
