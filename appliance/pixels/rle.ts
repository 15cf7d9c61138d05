/** RLE of DICOM (PS3.5 annex G): each byte of each sample is a plane of its own, the most significant first. */
import { fault } from "./errors.ts";
import type { ImageDescription } from "./model.ts";

/** The number of segments, and 15 offsets: three samples of 32 bits need 12. */
const HEADER_BYTES = 64;

/** The frame without compression, colours by pixel, little endian. Throws PIXELS_DAMAGED. */
export function decodeRle(frame: Uint8Array, image: ImageDescription): Uint8Array<ArrayBuffer> {
  const { segments, stride, pixels } = layoutOf(image);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (frame.length < HEADER_BYTES || view.getUint32(0, true) !== segments) throw damaged();
  const native = new Uint8Array(pixels * stride);
  for (let segment = 0; segment < segments; segment += 1) {
    const begin = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : frame.length;
    if (begin < HEADER_BYTES || begin > end || end > frame.length) throw damaged();
    unpack(frame.subarray(begin, end), native, placeOf(segment, image), stride, pixels);
  }
  return native;
}

/** PS3.5 G.3.2. What follows the last pixel of the plane is padding. */
function unpack(packed: Uint8Array, native: Uint8Array, first: number, stride: number, pixels: number): void {
  const end = first + pixels * stride;
  let to = first;
  for (let at = 0; to < end; ) {
    const control = packed[at++];
    if (control === undefined) throw damaged();
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    if (to + count * stride > end || at >= packed.length) throw damaged();
    if (control < 128) {
      if (at + count > packed.length) throw damaged();
      for (let left = count; left > 0; left -= 1, to += stride) native[to] = packed[at++] as number;
    } else {
      const value = packed[at++] as number;
      for (let left = count; left > 0; left -= 1, to += stride) native[to] = value;
    }
  }
}

/** The frame in RLE: each row for itself (PS3.5 G.3.1), each segment of even length. */
export function encodeRle(native: Uint8Array, image: ImageDescription): Uint8Array<ArrayBuffer> {
  const { segments, stride, pixels } = layoutOf(image);
  const rowBytes = image.columns + Math.ceil(image.columns / 128);
  const packed = new Uint8Array(HEADER_BYTES + segments * (image.rows * rowBytes + 1));
  const view = new DataView(packed.buffer);
  view.setUint32(0, segments, true);
  const row = new Uint8Array(image.columns);
  let to = HEADER_BYTES;
  for (let segment = 0; segment < segments; segment += 1) {
    view.setUint32(4 + segment * 4, to, true);
    let from = placeOf(segment, image);
    for (let done = 0; done < pixels; done += row.length) {
      for (let column = 0; column < row.length; column += 1, from += stride) row[column] = native[from] as number;
      to = packRow(row, packed, to);
    }
    to += to % 2;
  }
  return packed.slice(0, to);
}

/** Writes a row as runs of at least three alike and literals between them; gives where it ended. */
function packRow(row: Uint8Array, packed: Uint8Array, start: number): number {
  let to = start;
  let literal = 0;
  const flush = (end: number) => {
    for (; literal < end; ) {
      const count = Math.min(128, end - literal);
      packed[to++] = count - 1;
      packed.set(row.subarray(literal, literal + count), to);
      to += count;
      literal += count;
    }
  };
  for (let at = 0; at < row.length; ) {
    let end = at + 1;
    while (end < row.length && end - at < 128 && row[end] === row[at]) end += 1;
    if (end - at >= 3) {
      flush(at);
      packed[to++] = 257 - (end - at);
      packed[to++] = row[at] as number;
      literal = end;
    }
    at = end;
  }
  flush(row.length);
  return to;
}

function layoutOf({ rows, columns, samplesPerPixel, bitsAllocated }: ImageDescription) {
  const segments = (samplesPerPixel * bitsAllocated) / 8;
  return { segments, stride: segments, pixels: rows * columns };
}

/** Where the bytes of a segment begin within a pixel that is little endian. */
function placeOf(segment: number, { bitsAllocated }: ImageDescription): number {
  const bytes = bitsAllocated / 8;
  return Math.floor(segment / bytes) * bytes + (bytes - 1 - (segment % bytes));
}

function damaged() {
  return fault("PIXELS_DAMAGED", { details: { codec: "RLE" } });
}
