import { pixelsLimits } from "./limits.ts";
import type { ImageDescription, Rendering, Transcoding, Urgency } from "./model.ts";
import { Pool } from "./pool.ts";

export interface PixelsOptions {
  /** Threads at most; each is started when there is work for it. One, unless said. */
  readonly workers?: number;
  /** Milliseconds for one frame. */
  readonly frameMs?: number;
}

export interface FrameOptions {
  readonly urgency: Urgency;
  readonly signal?: AbortSignal;
}

/**
 * Frames of images, decoded, encoded and drawn in threads of their own: a decoder that crashes or does not end takes one frame with
 * it, and nothing else. Both take the bytes of one frame, fragments joined; a buffer that is all of the frame is given away.
 *
 * Reject with PIXELS_*, and with the reason of the signal.
 */
export interface Pixels {
  /** The frame in the transfer syntax that was planned, losing nothing. */
  transcode(frame: Uint8Array, transcoding: Transcoding, options: FrameOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The frame as a JPEG for a screen; `from`: UID of its transfer syntax. */
  render(
    frame: Uint8Array,
    drawing: { readonly image: ImageDescription; readonly from: string; readonly rendering: Rendering },
    options: FrameOptions,
  ): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

export function createPixels({ workers = 1, frameMs = pixelsLimits.frameMs }: PixelsOptions = {}): Pixels {
  const pool = new Pool({ workers, frameMs, entry: new URL("./worker.ts", import.meta.url) });
  return {
    transcode: (frame, transcoding, options) => pool.run({ kind: "transcode", transcoding }, frame, options),
    render: (frame, drawing, options) => pool.run({ kind: "render", ...drawing }, frame, options),
    close: () => pool.close(),
  };
}
