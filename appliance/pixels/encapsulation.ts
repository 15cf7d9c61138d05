import type { Transcoding } from "./model.ts";

const UNDEFINED = 0xffffffff;
/** Tags of group and element, little endian. */
const PIXEL_DATA = Buffer.from("e07f1000", "hex");
const ITEM = Buffer.from("feff00e0", "hex");
const SEQUENCE_DELIMITATION = Buffer.from("feffdde000000000", "hex");

/** What comes before the first frame: the header of Pixel Data, and an empty basic offset table (PS3.5 A.4). */
export function pixelDataHead({ pixelData: { vr, length } }: Transcoding): Buffer {
  const header = Buffer.concat([PIXEL_DATA, Buffer.from(`${vr}\0\0`, "latin1"), uint32(length ?? UNDEFINED)]);
  return length === undefined ? Buffer.concat([header, ITEM, uint32(0)]) : header;
}

/** What comes before a frame and after it: the header of its one fragment and its padding; nothing around a native one. */
export function frameAround({ pixelData }: Transcoding, length: number): { before: Buffer; after: Buffer } {
  if (pixelData.length !== undefined) return { before: Buffer.alloc(0), after: Buffer.alloc(0) };
  const padding = length % 2;
  return { before: Buffer.concat([ITEM, uint32(length + padding)]), after: Buffer.alloc(padding) };
}

/** What comes after the last frame; `written`: bytes of all frames. */
export function pixelDataEnd({ pixelData }: Transcoding, written: number): Buffer {
  return pixelData.length === undefined ? SEQUENCE_DELIMITATION : Buffer.alloc(pixelData.length - written);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
