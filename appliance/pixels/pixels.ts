import { pixelsLimits } from "./limits.ts";
import type { Frame, FrameOptions, ImageDescription, Rendering, Transcoding } from "./model.ts";
import { Pool } from "./pool.ts";

export interface PixelsOptions {
  /** Threads at most; each is started when there is work for it. One, unless said. */
  readonly workers?: number;
  /** Milliseconds for one frame. */
  readonly frameMs?: number;
}

/**
 * Frames of images, decoded, encoded and drawn in threads of their own: a decoder that crashes or does not end takes one frame with
 * it, and nothing else. A buffer that is all of the frame is given away; a frame that is too large is not read.
 *
 * Reject with PIXELS_*, and with the reason of the signal.
 */
export interface Pixels {
  /** The frame in the transfer syntax that was planned, losing nothing. */
  transcode(frame: Frame, transcoding: Transcoding, options: FrameOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The frame as a JPEG for a screen; `from`: UID of its transfer syntax. */
  render(
    frame: Frame,
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
