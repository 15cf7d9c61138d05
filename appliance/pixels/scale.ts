import { pixelsLimits } from "./limits.ts";
import type { Viewport } from "./model.ts";

/** Eight bits a channel, channels by pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
}

/**
 * The region of a picture, as large as the viewport has room for and in its own proportions (PS3.18 8.3.5.1.3), but not enlarged
 * beyond what shows anything more.
 */
export function viewed(picture: Picture, viewport: Viewport | undefined): Picture {
  if (viewport === undefined) return picture;
  const region = cropped(picture, viewport.region);
  const fitting = Math.min(viewport.width / region.width, viewport.height / region.height);
  const scale = Math.min(fitting, largestScale(region));
  const width = Math.max(1, Math.round(region.width * scale));
  const height = Math.max(1, Math.round(region.height * scale));
  const wide = resized(region, width, "width", viewport.flipHorizontally);
  return resized(wide, height, "height", viewport.flipVertically);
}

function largestScale({ width, height }: Picture): number {
  const { enlargement, enlargedPixels } = pixelsLimits;
  return Math.min(enlargement, Math.max(1, Math.sqrt(enlargedPixels / (width * height))));
}

/** What of the region lies within the picture; one pixel at least. */
function cropped(picture: Picture, region: Viewport["region"]): Picture {
  if (region === undefined) return picture;
  const { width: columns, height: rows, channels, bytes } = picture;
  const left = Math.min(Math.floor(region.x), columns - 1);
  const top = Math.min(Math.floor(region.y), rows - 1);
  const width = Math.max(1, Math.min(Math.round(region.width), columns - left));
  const height = Math.max(1, Math.min(Math.round(region.height), rows - top));
  const part = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const from = ((top + row) * columns + left) * channels;
    part.set(bytes.subarray(from, from + width * channels), row * width * channels);
  }
  return { width, height, channels, bytes: part };
}

/**
 * One side made longer or shorter: each new pixel is the mean of what it covers, those in the middle counting most, and between two
 * pixels where there are fewer.
 */
function resized(picture: Picture, length: number, side: "width" | "height", flipped: boolean): Picture {
  const { channels, bytes } = picture;
  const before = picture[side];
  if (before === length && !flipped) return picture;
  const after = { ...picture, [side]: length };
  const result = new Uint8Array(after.width * after.height * channels);
  const across = side === "width" ? picture.height : picture.width * channels;
  const lineStep = side === "width" ? picture.width * channels : 1;
  const step = side === "width" ? channels : picture.width * channels;
  const lineStepAfter = side === "width" ? after.width * channels : 1;
  const parallel = side === "width" ? channels : 1;
  const ratio = before / length;
  const reach = Math.max(1, ratio);
  for (let to = 0; to < length; to += 1) {
    const place = (flipped ? length - 1 - to : to) + 0.5;
    const middle = place * ratio - 0.5;
    const first = Math.max(0, Math.ceil(middle - reach));
    const last = Math.min(before - 1, Math.floor(middle + reach));
    const weights = Float64Array.from({ length: last - first + 1 }, (_, at) => reach - Math.abs(first + at - middle));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let line = 0; line < across; line += 1) {
      for (let channel = 0; channel < parallel; channel += 1) {
        let from = line * lineStep + first * step + channel;
        let sum = 0;
        for (let at = 0; at < weights.length; at += 1, from += step)
          sum += (weights[at] as number) * (bytes[from] as number);
        result[line * lineStepAfter + to * step + channel] = Math.round(sum / total);
      }
    }
  }
  return { ...after, bytes: result };
}
