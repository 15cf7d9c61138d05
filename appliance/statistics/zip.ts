import { pipeline } from "node:stream/promises";
import { crc32, createDeflateRaw } from "node:zlib";

/** A file of a zip that is made while it is written; its name is ASCII. */
export interface StreamedFile {
  readonly name: string;
  readonly content: AsyncIterable<Buffer> | Iterable<Buffer>;
}

/** The checksum and sizes follow the data; names are UTF-8 (APPNOTE 4.4.4, bits 3 and 11). */
const FLAGS = (1 << 3) | (1 << 11);
const VERSION = 20;
const DEFLATED = 8;
/** 1 January 1980, the first day that a zip knows: what is in a workbook has no date of its own. */
const DATE = (1 << 5) | 1;

/** A zip of files whose sizes are known only once they were made (APPNOTE 4.3); each stays below 4 GB. */
export async function* zip(files: Iterable<StreamedFile>): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const start = offset;
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(VERSION, 0);
    facts.writeUInt16LE(FLAGS, 2);
    facts.writeUInt16LE(DEFLATED, 4);
    facts.writeUInt16LE(DATE, 8);
    facts.writeUInt16LE(name.length, 22);
    for await (const piece of local(name, facts, content)) {
      offset += piece.length;
      yield piece;
    }
    directory.push(entry(name, facts, start));
  }
  yield* directory;
  yield end(directory, offset);
}

/** 4.3.7 to 4.3.9; `facts` knows the checksum and the sizes afterwards. */
async function* local(name: string, facts: Buffer, content: StreamedFile["content"]): AsyncGenerator<Buffer> {
  yield Buffer.concat([Buffer.from("PK\x03\x04"), facts, Buffer.from(name)]);
  let checksum = 0;
  let size = 0;
  let packed = 0;
  const deflate = createDeflateRaw();
  const fed = pipeline(async function* () {
    for await (const piece of content) {
      checksum = crc32(piece, checksum);
      size += piece.length;
      yield piece;
    }
  }, deflate);
  // What fails there fails the reading of it as well.
  fed.catch(() => {});
  for await (const piece of deflate) {
    packed += (piece as Buffer).length;
    yield piece as Buffer;
  }
  await fed;
  facts.writeUInt32LE(checksum, 10);
  facts.writeUInt32LE(packed, 14);
  facts.writeUInt32LE(size, 18);
  yield Buffer.concat([Buffer.from("PK\x07\x08"), facts.subarray(10, 22)]);
}

/** 4.3.12 */
function entry(name: string, facts: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46 + name.length);
  header.write("PK\x01\x02");
  header.writeUInt16LE(VERSION, 4);
  facts.copy(header, 6);
  header.writeUInt32LE(offset, 42);
  header.write(name, 46);
  return header;
}

/** 4.3.16 */
function end(directory: readonly Buffer[], offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.write("PK\x05\x06");
  record.writeUInt16LE(directory.length, 8);
  record.writeUInt16LE(directory.length, 10);
  record.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  record.writeUInt32LE(offset, 16);
  return record;
}
