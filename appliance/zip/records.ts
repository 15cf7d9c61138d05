/** Largest value of a 16-bit and of a 32-bit field; they stand for "see the ZIP64 field" as well. */
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
/** PKZIP 2.0 for deflate, 4.5 for ZIP64 (APPNOTE 4.4.3). */
const VERSION = 20;
const VERSION_64 = 45;
/** Made on Unix, where the upper half of the attributes is the mode: for the owner only, once unpacked. */
const MADE_BY = (3 << 8) | VERSION_64;
const ATTRIBUTES = 0o100600 * 2 ** 16;
/** The checksum and the sizes follow the data (4.4.4, bit 3). */
const SIZES_FOLLOW = 1 << 3;

export const STORED = 0;
export const DEFLATED = 8;

/** A file as the records describe it. */
export interface Entry {
  /** ASCII. */
  readonly name: string;
  /** Date and time of MS-DOS, 32 bits. */
  readonly date: number;
  readonly method: typeof STORED | typeof DEFLATED;
  /** Its sizes became known only once its data was written. */
  readonly streamed: boolean;
  readonly crc32: number;
  readonly packedSize: number;
  readonly size: number;
}

/** Noon of the first day of a month, the same in every time zone. */
export function noonOfFirst(year: number, month: number): number {
  return ((((year - 1980) << 9) | (month << 5) | 1) << 16) | (12 << 11);
}

/** 4.3.7; the checksum and the sizes of a streamed file are still 0. */
export function localHeader(entry: Entry): Buffer {
  return Buffer.concat([Buffer.from("PK\x03\x04"), facts(entry), Buffer.from(entry.name)]);
}

/**
 * 4.3.9. Beyond 4 GB its sizes have 64 bits though the local header did not announce it: that header would have to be
 * ZIP64 for every streamed file, and spreadsheets read the old one. The central directory is what tells.
 */
export function dataDescriptor({ crc32, packedSize, size }: Entry): Buffer {
  const large = Math.max(packedSize, size) >= MAX_32;
  const record = Buffer.alloc(large ? 24 : 16);
  record.write("PK\x07\x08");
  record.writeUInt32LE(crc32, 4);
  if (large) {
    record.writeBigUInt64LE(BigInt(packedSize), 8);
    record.writeBigUInt64LE(BigInt(size), 16);
  } else {
    record.writeUInt32LE(packedSize, 8);
    record.writeUInt32LE(size, 12);
  }
  return record;
}

/**
 * 4.3.12; what does not fit is in the ZIP64 field (4.5.3). The entries are kept: each in memory of its own, not in a
 * slice of the pool, which would keep its whole slab.
 */
export function directoryEntry(entry: Entry, offset: number): Buffer {
  const large = [entry.size, entry.packedSize, offset].filter((number) => number >= MAX_32);
  const nameEnd = 46 + entry.name.length;
  const record = Buffer.alloc(nameEnd + (large.length === 0 ? 0 : 4 + 8 * large.length));
  record.write("PK\x01\x02");
  record.writeUInt16LE(MADE_BY, 4);
  facts(entry).copy(record, 6);
  record.writeUInt32LE(ATTRIBUTES, 38);
  record.writeUInt32LE(Math.min(offset, MAX_32), 42);
  record.write(entry.name, 46);
  if (large.length === 0) return record;
  record.writeUInt16LE(VERSION_64, 6);
  record.writeUInt16LE(4 + 8 * large.length, 30);
  record.writeUInt16LE(1, nameEnd);
  record.writeUInt16LE(8 * large.length, nameEnd + 2);
  for (const [index, number] of large.entries()) record.writeBigUInt64LE(BigInt(number), nameEnd + 4 + 8 * index);
  return record;
}

/** What a local header and the directory say alike (4.3.7, from "version needed" to the length of the extra field). */
function facts({ name, date, method, streamed, crc32, packedSize, size }: Entry): Buffer {
  const record = Buffer.alloc(26);
  record.writeUInt16LE(VERSION, 0);
  record.writeUInt16LE(streamed ? SIZES_FOLLOW : 0, 2);
  record.writeUInt16LE(method, 4);
  record.writeInt32LE(date, 6);
  record.writeUInt32LE(crc32, 10);
  record.writeUInt32LE(Math.min(packedSize, MAX_32), 14);
  record.writeUInt32LE(Math.min(size, MAX_32), 18);
  record.writeUInt16LE(name.length, 22);
  return record;
}

/** 4.3.16, after 4.3.14 and 4.3.15 where a number does not fit. `offset` is where the directory starts. */
export function endOfDirectory(directory: readonly Buffer[], offset: number): Buffer {
  const count = directory.length;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const last = Buffer.alloc(22);
  last.write("PK\x05\x06");
  last.writeUInt16LE(Math.min(count, MAX_16), 8);
  last.writeUInt16LE(Math.min(count, MAX_16), 10);
  last.writeUInt32LE(Math.min(size, MAX_32), 12);
  last.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < MAX_16 && size < MAX_32 && offset < MAX_32) return last;

  const record = Buffer.alloc(56);
  record.write("PK\x06\x06");
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(MADE_BY, 12);
  record.writeUInt16LE(VERSION_64, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.write("PK\x06\x07");
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, last]);
}
