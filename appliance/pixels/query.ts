import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";
import type { Viewport, Window } from "./model.ts";

/** What a request asks of the drawing of an image (PS3.18 8.3.5). */
export interface RenderingQuery {
  readonly viewport?: Viewport;
  readonly window?: Window;
  /** 1 to 100. */
  readonly quality?: number;
}

const SHAPES: ReadonlyMap<string, Window["shape"]> = new Map([
  ["linear", "LINEAR"],
  ["linear-exact", "LINEAR_EXACT"],
  ["sigmoid", "SIGMOID"],
]);

/**
 * Reads `viewport`, `window` and `quality`; what else there is, is not ours. A thumbnail knows a viewport only, which says how large
 * it may be (PS3.18 10.4.1.1.4). Throws PIXELS_QUERY_INVALID.
 */
export function readRenderingQuery(query: URLSearchParams, what: "rendered" | "thumbnail"): RenderingQuery {
  const viewport = read(query, "viewport", readViewport);
  if (what === "thumbnail") return { viewport: thumbnailViewport(viewport) };
  const window = read(query, "window", readWindow);
  const quality = read(query, "quality", readQuality);
  return {
    ...(viewport !== undefined && { viewport }),
    ...(window !== undefined && { window }),
    ...(quality !== undefined && { quality }),
  };
}

function read<Value>(query: URLSearchParams, parameter: string, reader: (text: string) => Value | undefined) {
  const text = query.get(parameter);
  if (text === null) return undefined;
  const value = reader(text);
  if (value === undefined) throw fault("PIXELS_QUERY_INVALID", { details: { parameter } });
  return value;
}

/** `vw,vh[,[sx],[sy],[sw],[sh]]`; a negative width or height of the region turns it over (PS3.18 8.3.5.1.3). */
function readViewport(text: string): Viewport | undefined {
  const parts = text.split(",").map((part) => (part.trim() === "" ? undefined : number(part)));
  const [width, height, x = 0, y = 0, regionWidth, regionHeight] = parts;
  const room = [width, height].every((side) => Number.isInteger(side) && side! >= 1 && side! <= pixelsLimits.viewport);
  if (!room || parts.length > 6 || parts.some(Number.isNaN) || x < 0 || y < 0) return undefined;
  if (regionWidth === 0 || regionHeight === 0) return undefined;
  const whole = parts.slice(2).every((part) => part === undefined);
  const region = { x, y, width: Math.abs(regionWidth ?? Infinity), height: Math.abs(regionHeight ?? Infinity) };
  return {
    width: width!,
    height: height!,
    ...(!whole && { region }),
    flipHorizontally: (regionWidth ?? 1) < 0,
    flipVertically: (regionHeight ?? 1) < 0,
  };
}

/** `center,width,shape` (PS3.18 8.3.5.1.4); without a shape, LINEAR. */
function readWindow(text: string): Window | undefined {
  const [center, width, name = "linear", ...rest] = text.split(",").map((part) => part.trim());
  const window = { center: number(center), width: number(width), shape: SHAPES.get(name.toLowerCase()) };
  if (rest.length > 0 || Number.isNaN(window.center) || window.shape === undefined) return undefined;
  return isWindow(window.width, window.shape) ? { ...window, shape: window.shape } : undefined;
}

function readQuality(text: string): number | undefined {
  const quality = number(text);
  return Number.isInteger(quality) && quality >= 1 && quality <= 100 ? quality : undefined;
}

function number(text: string | undefined): number {
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text ?? "") ? Number(text) : Number.NaN;
}

/** PS3.3 C.11.2.1.2. */
export function isWindow(width: number, shape: Window["shape"]): boolean {
  return shape === "LINEAR" ? width >= 1 : width > 0;
}

function thumbnailViewport(asked: Viewport | undefined): Viewport {
  const side = pixelsLimits.thumbnail;
  const { width = side, height = side } = asked ?? {};
  const room = { width: Math.min(width, side), height: Math.min(height, side) };
  return { ...room, flipHorizontally: false, flipVertically: false };
}
