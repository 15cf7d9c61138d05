import type { Tag } from "./tags.ts";

/** Plain functions on bytes: this is the innermost loop of reading, where a DataView or a bound check would cost. */

export function readU16(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  return bigEndian ? (bytes[at]! << 8) | bytes[at + 1]! : bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number, bigEndian: boolean): number {
  const high = readU16(bytes, bigEndian ? at : at + 2, bigEndian);
  return high * 0x10000 + readU16(bytes, bigEndian ? at + 2 : at, bigEndian);
}

/** Group, then element, each in the byte order of the transfer syntax. */
export function readTag(bytes: Uint8Array, at: number, bigEndian: boolean): Tag {
  return readU16(bytes, at, bigEndian) * 0x10000 + readU16(bytes, at + 2, bigEndian);
}
