/** Between the samples of codecs, as wide as their precision needs, and the pixel cells of DICOM (PS3.5 8.1.1). */
import { frameBytes } from "./description.ts";
import { fault } from "./errors.ts";
import type { ImageDescription } from "./model.ts";

/** Samples without compression: 8 or 16 bits each, of this machine, which is little endian. */
export type Samples = Uint8Array<ArrayBufferLike> | Uint16Array<ArrayBufferLike>;

/** The bytes as samples of one or two bytes; they are copied where they do not lie on an even address. */
export function samplesIn(bytes: Uint8Array, bytesEach: number): Samples {
  if (bytesEach === 1) return bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length >> 1);
}

/**
 * Cells of samples that have `precision` bits and no sign of their own: what the image calls signed is extended to the whole cell.
 */
export function cellsOf(samples: Samples, precision: number, image: ImageDescription): Uint8Array<ArrayBuffer> {
  const { bitsAllocated, signed } = image;
  const bytes = new Uint8Array(frameBytes(image));
  const cells = samplesIn(bytes, bitsAllocated / 8);
  if (!signed || precision === bitsAllocated) {
    cells.set(samples);
    return bytes;
  }
  const shift = 32 - precision;
  for (let at = 0; at < cells.length; at += 1) cells[at] = ((samples[at] as number) << shift) >> shift;
  return bytes;
}

/**
 * Samples of the bits that are stored, for an encoder: `extended`, signed ones keep their sign in the whole sample. Throws
 * PIXELS_BITS_LOST when the other bits of a cell are neither zero nor the sign.
 */
export function samplesOfCells(native: Uint8Array, image: ImageDescription, extended: boolean): Samples {
  const { bitsAllocated, bitsStored, signed } = image;
  const cells = samplesIn(native, bitsAllocated / 8);
  const samples = bitsStored > 8 ? new Uint16Array(cells.length) : new Uint8Array(cells.length);
  const mask = (1 << bitsStored) - 1;
  const rest = (1 << bitsAllocated) - 1 - mask;
  const sign = 1 << (bitsStored - 1);
  for (let at = 0; at < cells.length; at += 1) {
    const cell = cells[at] as number;
    const negative = signed && (cell & sign) !== 0;
    const unused = cell & rest;
    if (unused !== 0 && !(negative && unused === rest)) throw fault("PIXELS_BITS_LOST");
    samples[at] = extended && negative ? cell | rest : cell & mask;
  }
  return samples;
}

/** Colours by pixel, of colours by plane. */
export function byPixel(planes: Uint8Array, bytesEach: number): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(planes.length);
  const from = samplesIn(planes, bytesEach);
  const to = samplesIn(pixels, bytesEach);
  const count = from.length / 3;
  for (let at = 0, pixel = 0; pixel < count; pixel += 1) {
    to[at++] = from[pixel] as number;
    to[at++] = from[pixel + count] as number;
    to[at++] = from[pixel + 2 * count] as number;
  }
  return pixels;
}
