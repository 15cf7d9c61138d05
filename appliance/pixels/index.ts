/** Pixels of images: decoded, encoded without loss, and drawn, in threads that may die (PS3.5 8.2, PS3.18 8.3.5). */
export { describeImage } from "./description.ts";
export { frameAround, pixelDataEnd, pixelDataHead } from "./encapsulation.ts";
export { pixelsErrors } from "./errors.ts";
export type { Frame, FrameOptions, ImageDescription, Rendering, Transcoding, Urgency } from "./model.ts";
export { createPixels, type Pixels, type PixelsOptions } from "./pixels.ts";
export { type RenderingQuery, readRenderingQuery } from "./query.ts";
export { middleFrame, renderingOf } from "./rendering.ts";
export { DECODABLE, ENCODABLE } from "./syntaxes.ts";
export { applyTranscoding, lossIsInStream, planTranscoding } from "./transcoding.ts";
