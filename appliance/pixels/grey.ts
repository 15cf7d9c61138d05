import { lookUp } from "./look-up.ts";
import type { ImageDescription, LookUp, Rendering, Window } from "./model.ts";

/** The brightness of every pixel, 0 to 255: rescaled, windowed, and inverted when small values are bright (PS3.4 N.2). */
export function greyOf(cells: ArrayLike<number>, image: ImageDescription, rendering: Rendering): Uint8Array {
  const { bitsStored, highBit, signed } = image;
  const { rescale, padding, inverted } = rendering;
  const shift = highBit + 1 - bitsStored;
  const mask = (1 << bitsStored) - 1;
  const sign = signed ? 32 - bitsStored : 0;
  // Each value is worked out once: at most 65,536 of them.
  const stored = Int32Array.from({ length: mask + 1 }, (_, index) => (index << sign) >> sign);
  const isPadding = (value: number) => padding !== undefined && value >= padding.from && value <= padding.to;
  const rescaled = Float64Array.from(stored, (value) =>
    "entries" in rescale ? lookUp(rescale, value) : value * rescale.slope + rescale.intercept,
  );
  const used = new Uint8Array(mask + 1);
  for (let at = 0; at < cells.length; at += 1) used[((cells[at] as number) >> shift) & mask] = 1;
  const voi =
    rendering.voi ?? wholeRange(rescaled.filter((_, at) => used[at] === 1 && !isPadding(stored[at] as number)));
  const grey = Uint8Array.from(rescaled, (value, at) => {
    if (isPadding(stored[at] as number)) return 0;
    const bright = Math.round(255 * brightness(value, voi));
    return inverted ? 255 - bright : bright;
  });
  const bytes = new Uint8Array(cells.length);
  for (let at = 0; at < cells.length; at += 1) bytes[at] = grey[((cells[at] as number) >> shift) & mask] as number;
  return bytes;
}

function wholeRange(values: Float64Array): Window {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least >= most) return { center: values[0] ?? 0, width: 1, shape: "LINEAR_EXACT" };
  return { center: (least + most) / 2, width: most - least, shape: "LINEAR_EXACT" };
}

/** 0 to 1 (PS3.3 C.11.2.1). */
function brightness(value: number, voi: Window | LookUp): number {
  if ("entries" in voi) return lookUp(voi, value) / voi.largest;
  const { center, width, shape } = voi;
  if (shape === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const exact = shape === "LINEAR_EXACT";
  const middle = exact ? center : center - 0.5;
  const range = exact ? width : width - 1;
  if (value <= middle - range / 2) return 0;
  if (value > middle + range / 2) return 1;
  return (value - middle) / range + 0.5;
}
