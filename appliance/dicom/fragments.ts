import { readTag, readU32 } from "./byte-order.ts";
import { fault } from "./errors.ts";
import type { ReadAt } from "./frames.ts";
import { dicomLimits } from "./limits.ts";
import { ITEM, SEQUENCE_DELIMITATION, Tags, tagString } from "./tags.ts";

const ITEM_HEADER_BYTES = 8;
/** What begins the stream of a frame: SOI of JPEG and JPEG-LS; SOC and SIZ of JPEG 2000; the two forms of JPEG XL. */
const STREAM_MARKS = ["ffd8ff", "ff4fff51", "ff0a", "0000000c4a584c20"].map((mark) => Buffer.from(mark, "hex"));
const MARK_BYTES = 8;
/** What is read of a fragment: its header, and what may be a mark. */
const LOOKED_AT = ITEM_HEADER_BYTES + MARK_BYTES;
/** Where fragments are so near to each other that a read of many bytes costs less than one of each. */
const NEAR = 16 * 1024;
const READ_AT_ONCE = 64 * 1024;
/** Streams of moving pictures: a frame of theirs is not a piece of the bytes (PS3.5 A.4.5 to A.4.7). */
const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?$/;

/** A fragment: its bytes, and whether a stream begins with them. */
interface Fragment {
  /** Of its value, behind the header of the item. */
  readonly offset: number;
  readonly length: number;
  readonly begins: boolean;
}

/** What lies in a pixel data of undefined length. */
interface WalkedFragments {
  readonly fragments: readonly Fragment[];
  /** The basic offset table; undefined when it has not one offset for each frame. */
  readonly basicOffsets: readonly number[] | undefined;
  /** What the offsets of both tables count from: the item of the first fragment. */
  readonly base: number;
}

/** The fragments of each frame, in order. */
type FragmentsOfFrames = readonly (readonly Fragment[])[];

/** Reads the headers of the fragments whose value field begins at `offset`, not the fragments (PS3.5 A.4). */
export async function walkFragments(read: ReadAt, offset: number, frames: number): Promise<WalkedFragments> {
  const look = lookingAhead(read);
  const table = await fragmentAt(look, offset);
  const next = table === undefined ? offset : table.offset + table.length;
  const fragments: Fragment[] = [];
  for (let at = next; table !== undefined; ) {
    const fragment = await fragmentAt(look, at);
    if (fragment === undefined) break;
    if (fragments.push(fragment) > dicomLimits.elements) {
      const details = { limit: dicomLimits.elements };
      throw fault("DICOM_TOO_MANY_ELEMENTS", { where: tagString(Tags.PixelData), details });
    }
    at = fragment.offset + fragment.length;
  }
  const hasTable = table !== undefined && table.length === frames * 4;
  return {
    fragments,
    basicOffsets: hasTable ? offsets(await read(table.offset, table.length), 4) : undefined,
    base: next,
  };
}

/** Gives the first bytes of the fragments of a value, asked for in their order. */
function lookingAhead(read: ReadAt): (at: number) => Promise<Buffer> {
  let last = Number.NEGATIVE_INFINITY;
  let start = 0;
  let bytes: Buffer = Buffer.alloc(0);
  return async (at) => {
    if (at + LOOKED_AT > start + bytes.length) {
      bytes = await read(at, at - last <= NEAR ? READ_AT_ONCE : LOOKED_AT);
      start = at;
    }
    last = at;
    return bytes.subarray(at - start, at - start + LOOKED_AT);
  };
}

/** The item at `at`; undefined for the delimitation item behind the last one. */
async function fragmentAt(look: (at: number) => Promise<Buffer>, at: number): Promise<Fragment | undefined> {
  const where = `${tagString(Tags.PixelData)} byte ${at}`;
  const bytes = await look(at);
  if (bytes.length < ITEM_HEADER_BYTES) {
    throw fault("DICOM_TRUNCATED", { where, details: { needed: ITEM_HEADER_BYTES, present: bytes.length } });
  }
  const tag = readTag(bytes, 0, false);
  if (tag === SEQUENCE_DELIMITATION) return undefined;
  const length = readU32(bytes, 4, false);
  if (tag !== ITEM || length === 0xffffffff) throw fault("DICOM_SEQUENCE_INVALID", { where });
  const value = bytes.subarray(ITEM_HEADER_BYTES, ITEM_HEADER_BYTES + Math.min(length, MARK_BYTES));
  const begins = STREAM_MARKS.some((mark) => value.subarray(0, mark.length).equals(mark));
  return { offset: at + ITEM_HEADER_BYTES, length, begins };
}

function offsets(table: Uint8Array, width: 4 | 8): number[] {
  const bytes = Buffer.from(table.buffer, table.byteOffset, table.length - (table.length % width));
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    values.push(width === 4 ? bytes.readUInt32LE(at) : Number(bytes.readBigUInt64LE(at)));
  }
  return values;
}

/** Shares the fragments out among the frames; undefined when nothing tells where one ends. */
export function framesOfFragments(
  { fragments, basicOffsets, base }: WalkedFragments,
  image: { readonly frames: number; readonly uid: string; readonly extendedOffsets: Uint8Array | undefined },
): FragmentsOfFrames | undefined {
  const { frames, uid, extendedOffsets } = image;
  if (fragments.length < frames) return undefined;
  if (frames === 1) return [fragments];
  if (VIDEO.test(uid)) return undefined;
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const extended = extendedOffsets?.length === frames * 8 ? offsets(extendedOffsets, 8) : undefined;
  for (const table of [extended, basicOffsets]) {
    const starts = table === undefined ? undefined : indexesOf(table, fragments, base);
    if (starts !== undefined) return split(fragments, starts);
  }
  const marked = fragments.flatMap(({ begins }, index) => (begins ? [index] : []));
  return marked.length === frames && marked[0] === 0 ? split(fragments, marked) : undefined;
}

/** Which fragments the offsets name; undefined when they name none, or not in order: such a table is not true. */
function indexesOf(table: readonly number[], fragments: readonly Fragment[], base: number): number[] | undefined {
  const byOffset = new Map(fragments.map(({ offset }, index) => [offset - ITEM_HEADER_BYTES - base, index]));
  const indexes = table.map((offset) => byOffset.get(offset) ?? -1);
  const inOrder = indexes.every((index, at) => (at === 0 ? index === 0 : index > indexes[at - 1]!));
  return inOrder ? indexes : undefined;
}

function split(fragments: readonly Fragment[], starts: readonly number[]): FragmentsOfFrames {
  return starts.map((start, index) => fragments.slice(start, starts[index + 1]));
}
