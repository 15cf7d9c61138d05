import type { ImageDescription } from "./model.ts";

/** YBR_FULL by pixel to RGB, in place (PS3.3 C.7.6.3.1.2). */
export function toRgb(pixels: Uint8Array): void {
  for (let at = 0; at + 2 < pixels.length; at += 3) {
    const y = pixels[at] as number;
    const cb = (pixels[at + 1] as number) - 128;
    const cr = (pixels[at + 2] as number) - 128;
    pixels[at] = clamped(y + 1.402 * cr);
    pixels[at + 1] = clamped(y - 0.344136 * cb - 0.714136 * cr);
    pixels[at + 2] = clamped(y + 1.772 * cb);
  }
}

/** YBR_FULL_422 without compression, two luminances and a pair of chrominances for two pixels, as YBR_FULL by pixel. */
export function unsubsampled(pixels: Uint8Array, { rows, columns }: ImageDescription): Uint8Array {
  const full = new Uint8Array(rows * columns * 3);
  for (let to = 0, from = 0; to + 6 <= full.length && from + 4 <= pixels.length; to += 6, from += 4) {
    full[to] = pixels[from] as number;
    full[to + 3] = pixels[from + 1] as number;
    full[to + 1] = full[to + 4] = pixels[from + 2] as number;
    full[to + 2] = full[to + 5] = pixels[from + 3] as number;
  }
  return full;
}

function clamped(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}
