import { readTag, readU32 } from "./byte-order.ts";
import type { DataSet } from "./data-set.ts";
import { vrOf } from "./dictionary.ts";
import { encodeElements } from "./encoder.ts";
import { fault } from "./errors.ts";
import { dicomLimits } from "./limits.ts";
import { readHeader } from "./stream.ts";
import { groupOf, type Tag, Tags, tagString } from "./tags.ts";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian } from "./transfer-syntax.ts";
import { type VR, vrFacts } from "./vr.ts";

const UNDEFINED = 0xffffffff;
/** Tag and length of an element in implicit VR (PS3.5 7.1.3). */
const HEADER_BYTES = 8;
const PIXEL_DATA_GROUP = 0x7fe0;
/** Behind every tag. */
const NO_TAG: Tag = 0x1_0000_0000;
/** A value that the 16-bit length of its VR cannot say. */
const SHORT = 0x10000;

/**
 * A data set in Implicit VR Little Endian turned into Explicit VR Little Endian while it flows: the elements before and behind
 * the pixel data in memory, the pixels never. Values stay byte for byte; what the dictionary does not know becomes UN (PS3.5
 * 6.2.2). Throws what `readHeader` throws, DICOM_TRUNCATED, and DICOM_LENGTH_INVALID for pixel data of undefined length, which
 * uncompressed pixels never have.
 */
export async function* toExplicitVR(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { dataSet, rest } = await readHeader(source, ImplicitVRLittleEndian);
  yield encodeElements(dataSet, ExplicitVRLittleEndian, dicomLimits);
  let header = Buffer.alloc(0);
  let left = 0;
  for await (const chunk of rest) {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const value = chunk.subarray(at, at + left);
        left -= value.length;
        at += value.length;
        yield value;
        continue;
      }
      const taken = Math.min(HEADER_BYTES - header.length, chunk.length - at);
      header = Buffer.concat([header, chunk.subarray(at, at + taken)]);
      at += taken;
      if (header.length < HEADER_BYTES) continue;
      if (groupOf(readTag(header, 0, false)) !== PIXEL_DATA_GROUP) {
        yield* behindPixels(joined(header, chunk.subarray(at), rest));
        return;
      }
      left = readU32(header, 4, false);
      yield explicitHeader(header, dataSet);
      header = Buffer.alloc(0);
    }
  }
  if (left > 0) throw fault("DICOM_TRUNCATED", { where: "(7FE0,0010)", details: { needed: left, present: 0 } });
  if (header.length > 0) yield* behindPixels(joined(header));
}

/** What follows the pixels: signatures, padding, and the zeros that some writers leave, which are nothing. */
async function* behindPixels(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { dataSet } = await readHeader(source, ImplicitVRLittleEndian, { untilTag: NO_TAG });
  yield encodeElements(dataSet, ExplicitVRLittleEndian, dicomLimits);
}

async function* joined(
  header: Uint8Array,
  chunk: Uint8Array = new Uint8Array(),
  rest?: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header;
  yield chunk;
  if (rest !== undefined) yield* rest;
}

/** The header of an element of the pixel data group as explicit VR has it. */
function explicitHeader(header: Buffer, dataSet: DataSet): Buffer {
  const tag = readTag(header, 0, false);
  const length = readU32(header, 4, false);
  if (length === UNDEFINED) throw fault("DICOM_LENGTH_INVALID", { where: tagString(tag) });
  // PS3.5 A.2: with more than eight bits allocated, words.
  const wide = (dataSet.integer(Tags.BitsAllocated) ?? 16) > 8;
  const known: VR = tag === Tags.PixelData ? (wide ? "OW" : "OB") : vrOf(tag);
  const facts = !vrFacts(known).long && length >= SHORT ? vrFacts("UN") : vrFacts(known);
  const out = Buffer.alloc(facts.long ? 12 : 8);
  header.copy(out, 0, 0, 4);
  out.writeUInt16BE(facts.code, 4);
  if (facts.long) out.writeUInt32LE(length, 8);
  else out.writeUInt16LE(length, 6);
  return out;
}
