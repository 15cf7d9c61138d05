import { promisify } from "node:util";
import { crc32, deflateRaw } from "node:zlib";
import type { Month } from "./model.ts";

const deflate = promisify(deflateRaw);

/** A file to zip; its name is ASCII. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Largest value of a 16-bit and of a 32-bit field; they stand for "see the ZIP64 field" as well. */
const MAX_16 = 0xffff;
const MAX_32 = 0xffff_ffff;
/** PKZIP 2.0 for deflate, 4.5 for ZIP64 (APPNOTE 4.4.3). */
const VERSION = 20;
const VERSION_64 = 45;
/** Made on Unix, where the upper half of the attributes is the mode: for the owner only, once unpacked. */
const MADE_BY = (3 << 8) | VERSION_64;
const ATTRIBUTES = 0o100600 * 2 ** 16;
const STORED = 0;
const DEFLATED = 8;

/**
 * A zip as a stream, ZIP64 where it grows beyond the old format (APPNOTE 4.3). Of a file that was written, the directory's
 * hundred bytes are kept. Every file bears the first day of the month at noon: the same files are the same bytes.
 */
export async function* zipped(files: AsyncIterable<NamedFile>, month: Month): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { name, bytes } of files) {
    const packed = await deflate(bytes);
    const shrinks = packed.length < bytes.length;
    const data = shrinks ? packed : Buffer.from(bytes);
    const facts = factsOf(name, bytes, shrinks ? DEFLATED : STORED, data.length, month);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), facts, Buffer.from(name)]);
    directory.push(directoryEntry(name, facts, offset));
    offset += local.length + data.length;
    yield local;
    yield data;
  }
  for (const entry of directory) yield entry;
  yield end(directory, offset);
}

/** What the local header and the directory say alike (4.3.7, from "version needed" to the length of the extra field). */
function factsOf(name: string, bytes: Uint8Array, method: number, packed: number, { year, month }: Month): Buffer {
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(VERSION, 0);
  facts.writeUInt16LE(method, 4);
  facts.writeUInt16LE(12 << 11, 6);
  facts.writeUInt16LE(((year - 1980) << 9) | (month << 5) | 1, 8);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(packed, 14);
  facts.writeUInt32LE(bytes.length, 18);
  facts.writeUInt16LE(name.length, 22);
  return facts;
}

/**
 * 4.3.12; an offset that does not fit is in the ZIP64 field (4.5.3). The entries are kept: each in memory of its own, not
 * in a slice of the pool, which would keep its whole slab.
 */
function directoryEntry(name: string, facts: Buffer, offset: number): Buffer {
  const far = offset >= MAX_32;
  const entry = Buffer.alloc(46 + name.length + (far ? 12 : 0));
  entry.write("PK\x01\x02");
  entry.writeUInt16LE(MADE_BY, 4);
  facts.copy(entry, 6);
  entry.writeUInt32LE(ATTRIBUTES, 38);
  entry.writeUInt32LE(far ? MAX_32 : offset, 42);
  entry.write(name, 46);
  if (!far) return entry;
  entry.writeUInt16LE(VERSION_64, 6);
  entry.writeUInt16LE(12, 30);
  const field = entry.subarray(46 + name.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8, 2);
  field.writeBigUInt64LE(BigInt(offset), 4);
  return entry;
}

/** 4.3.16, after 4.3.14 and 4.3.15 where a number does not fit. */
function end(directory: readonly Buffer[], offset: number): Buffer {
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
