import { type DataSet, type Tag, vrOf } from "../../appliance/dicom/index.ts";

/** Bytes as a peer would send them, right or wrong: tests write them by hand so as not to test the encoder with itself. */

const long = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);

export function tagBytes(tag: Tag, bigEndian = false): Buffer {
  const bytes = Buffer.alloc(4);
  if (bigEndian) bytes.writeUInt32BE(tag);
  else {
    bytes.writeUInt16LE(tag >>> 16);
    bytes.writeUInt16LE(tag & 0xffff, 2);
  }
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An element in explicit VR little endian; `length` tells a lie. */
export function explicit(tag: Tag, vr: string, value: Uint8Array | string, length?: number): Buffer {
  const bytes = Buffer.from(value as string, "latin1");
  const size = length ?? bytes.length;
  if (long.has(vr)) return Buffer.concat([tagBytes(tag), Buffer.from(`${vr}\0\0`), u32(size), bytes]);
  return Buffer.concat([tagBytes(tag), Buffer.from(vr), u32(size).subarray(0, 2), bytes]);
}

/** An element in implicit VR little endian. */
export function implicit(tag: Tag, value: Uint8Array | string, length?: number): Buffer {
  const bytes = Buffer.from(value as string, "latin1");
  return Buffer.concat([tagBytes(tag), u32(length ?? bytes.length), bytes]);
}

export const UNDEFINED = 0xffffffff;

export function item(...elements: Buffer[]): Buffer {
  const content = Buffer.concat(elements);
  return Buffer.concat([tagBytes(0xfffee000), u32(content.length), content]);
}

export function openItem(...elements: Buffer[]): Buffer {
  return Buffer.concat([tagBytes(0xfffee000), u32(UNDEFINED), ...elements, tagBytes(0xfffee00d), u32(0)]);
}

export const sequenceEnd = Buffer.concat([tagBytes(0xfffee0dd), u32(0)]);

/** Meta information in explicit VR little endian. */
export function meta(transferSyntax: string, { groupLength = true } = {}): Buffer {
  const padded = transferSyntax.length & 1 ? `${transferSyntax}\0` : transferSyntax;
  const content = Buffer.concat([
    explicit(0x00020001, "OB", Uint8Array.of(0, 1)),
    explicit(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.88.59\0"),
    explicit(0x00020003, "UI", "2.25.1"),
    explicit(0x00020010, "UI", padded),
  ]);
  return groupLength ? Buffer.concat([explicit(0x00020000, "UL", u32(content.length)), content]) : content;
}

export function part10(transferSyntax: string, ...elements: Buffer[]): Buffer {
  return Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), meta(transferSyntax), ...elements]);
}

/** What a data set says, without how it is laid out: to compare the same object in two transfer syntaxes. */
export function meaning(dataSet: DataSet): unknown[] {
  return [...dataSet]
    .filter(({ tag }) => (tag & 0xffff) !== 0)
    .map(({ tag, items }) => {
      if (items !== undefined) return [tag.toString(16), items.map(meaning)];
      const fragments = dataSet.fragments(tag);
      if (fragments !== undefined) return [tag.toString(16), fragments.map((one) => Buffer.from(one).toString("hex"))];
      const numbers = dataSet.numbers(tag);
      if (numbers.length > 0) return [tag.toString(16), numbers];
      const strings = vrOf(tag) === "UN" ? [] : dataSet.strings(tag);
      if (strings.length > 0) return [tag.toString(16), strings];
      return [tag.toString(16), Buffer.from(dataSet.bytes(tag) ?? []).toString("hex")];
    });
}

export async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The code of the coded error that `work` throws, or what else became of it. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "no error";
}
