import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { crc32, createDeflateRaw, deflateRaw } from "node:zlib";
import {
  DEFLATED,
  dataDescriptor,
  directoryEntry,
  type Entry,
  endOfDirectory,
  localHeader,
  noonOfFirst,
  STORED,
} from "./records.ts";

const deflate = promisify(deflateRaw);

/** A file to zip: its bytes (less than 4 GB), or pieces of any size that are made while they are read. */
export interface FileToZip {
  /** ASCII. */
  readonly name: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

interface Month {
  /** From 1980. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
}

/**
 * A zip as a stream, ZIP64 where it grows beyond the old format (APPNOTE 4.3). Of a file that was written, the directory's
 * hundred bytes are kept. Every file bears the first day of `month` at noon: the same files are the same bytes. What
 * `files` and their contents throw ends it, as it is.
 */
export async function* zip(
  files: AsyncIterable<FileToZip> | Iterable<FileToZip>,
  { year, month }: Month,
): AsyncGenerator<Buffer> {
  const date = noonOfFirst(year, month);
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { name, content } of files) {
    const { entry, written } = yield* content instanceof Uint8Array
      ? whole(name, date, content)
      : streamed(name, date, content);
    directory.push(directoryEntry(entry, offset));
    offset += written;
  }
  yield* directory;
  yield endOfDirectory(directory, offset);
}

/** The file that was written, and the bytes that it took. */
type Written = AsyncGenerator<Buffer, { entry: Entry; written: number }>;

async function* whole(name: string, date: number, bytes: Uint8Array): Written {
  const packed = await deflate(bytes);
  const shrinks = packed.length < bytes.length;
  const data = shrinks ? packed : Buffer.from(bytes);
  const entry: Entry = {
    name,
    date,
    method: shrinks ? DEFLATED : STORED,
    streamed: false,
    crc32: crc32(bytes),
    packedSize: data.length,
    size: bytes.length,
  };
  const header = localHeader(entry);
  yield header;
  yield data;
  return { entry, written: header.length + data.length };
}

async function* streamed(name: string, date: number, pieces: AsyncIterable<Uint8Array>): Written {
  const counted = { crc32: 0, packedSize: 0, size: 0 };
  const entryNow = (): Entry => ({ name, date, method: DEFLATED, streamed: true, ...counted });
  const header = localHeader(entryNow());
  yield header;
  const compressor = createDeflateRaw();
  const fed = pipeline(async function* () {
    for await (const piece of pieces) {
      counted.crc32 = crc32(piece, counted.crc32);
      counted.size += piece.length;
      yield piece;
    }
  }, compressor);
  // What fails there fails the reading of it as well.
  fed.catch(() => {});
  for await (const piece of compressor as AsyncIterable<Buffer>) {
    counted.packedSize += piece.length;
    yield piece;
  }
  await fed;
  const entry = entryNow();
  const descriptor = dataDescriptor(entry);
  yield descriptor;
  return { entry, written: header.length + counted.packedSize + descriptor.length };
}
