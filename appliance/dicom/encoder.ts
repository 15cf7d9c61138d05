import { ByteWriter } from "./byte-writer.ts";
import type { DataSet } from "./data-set.ts";
import { type Element, type ElementValue, type Encoding, implicitLittleEndian } from "./element.ts";
import { fault } from "./errors.ts";
import type { DicomLimits } from "./limits.ts";
import { writeNumbers } from "./numbers.ts";
import { ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, type Tag, tagString } from "./tags.ts";
import { encodeText } from "./text-encoding.ts";
import { type VR, type VRFacts, vrFacts } from "./vr.ts";

const UNDEFINED = 0xffffffff;
/** What the 16-bit length of a short VR can say; an even length. */
const MAX_SHORT_LENGTH = 0xfffe;
const UN = vrFacts("UN");

/** Writes the elements of a data set. What was read in the same encoding and not changed is copied byte for byte. */
export function encodeElements(dataSet: DataSet, encoding: Encoding, limits: DicomLimits): Buffer {
  const writer = new ByteWriter();
  new Encoder(writer, limits.depth).dataSet(dataSet, encoding, 0);
  return writer.finish();
}

class Encoder {
  readonly #writer: ByteWriter;
  readonly #maxDepth: number;

  constructor(writer: ByteWriter, maxDepth: number) {
    this.#writer = writer;
    this.#maxDepth = maxDepth;
  }

  dataSet(dataSet: DataSet, encoding: Encoding, depth: number): void {
    const { origin } = dataSet;
    const same = origin !== undefined && isSame(origin.encoding, encoding);
    if (same && dataSet.untouched) {
      this.#writer.bytes(origin.source.bytes.subarray(origin.start, origin.end));
      return;
    }
    for (const element of dataSet) {
      // A group length (PS3.5 7.2, retired) is no longer true once an element or the encoding has changed.
      if (isGroupLength(element.tag)) continue;
      if (same && isAsRead(element)) this.#writer.bytes(origin.source.bytes.subarray(element.header, element.end));
      else this.#element(dataSet, element, encoding, depth);
    }
  }

  #element(dataSet: DataSet, element: Element, encoding: Encoding, depth: number): void {
    const facts = vrFacts(element.vr);
    const { bigEndian } = encoding;
    const writer = this.#writer;
    const header = writer.length;
    this.#tag(element.tag, bigEndian);
    if (encoding.explicit) {
      writer.u16(facts.code, true);
      writer.u16(0, bigEndian);
    }
    if (!encoding.explicit || facts.long) writer.u32(0, bigEndian);
    const start = writer.length;
    const undefinedLength = this.#value(dataSet, element, facts, encoding, depth);
    const length = writer.length - start;
    if (!encoding.explicit || facts.long) writer.patch32(start - 4, undefinedLength ? UNDEFINED : length, bigEndian);
    else if (length <= MAX_SHORT_LENGTH) writer.patch16(start - 2, length, bigEndian);
    else this.#asUnknown(header, length, facts, bigEndian);
  }

  /** Writes the value field; true when its length is undefined. */
  #value(dataSet: DataSet, element: Element, facts: VRFacts, encoding: Encoding, depth: number): boolean {
    const { items, given } = element;
    if (items !== undefined) {
      this.#items(element, items, facts.vr === "UN" ? implicitLittleEndian : encoding, depth + 1);
      return element.undefinedLength;
    }
    if (element.header >= 0) {
      const { origin } = dataSet;
      const start = this.#writer.length;
      this.#writer.bytes(origin!.source.bytes.subarray(element.value, element.end));
      const swapped = origin!.encoding.bigEndian !== encoding.bigEndian && facts.width > 1 && !element.undefinedLength;
      if (swapped) this.#writer.swap(start, facts.width);
      return element.undefinedLength;
    }
    if (Array.isArray(given) && given[0] instanceof Uint8Array) {
      for (const fragment of given as readonly Uint8Array[]) this.#fragment(fragment, encoding.bigEndian);
      this.#tag(SEQUENCE_DELIMITATION, encoding.bigEndian);
      this.#writer.u32(0, encoding.bigEndian);
      return true;
    }
    if (given instanceof Uint8Array) this.#bytes(given, facts, encoding.bigEndian);
    else if (facts.kind === "binary") this.#numbers(element.tag, given!, facts, encoding.bigEndian);
    else this.#text(dataSet, element.tag, given!, facts);
    return false;
  }

  #items(sequence: Element, items: readonly DataSet[], encoding: Encoding, depth: number): void {
    if (depth > this.#maxDepth) {
      throw fault("DICOM_TOO_DEEP", { where: tagString(sequence.tag), details: { limit: this.#maxDepth } });
    }
    const writer = this.#writer;
    const { bigEndian } = encoding;
    for (const item of items) {
      const undefinedLength = item.origin?.undefinedLength ?? false;
      this.#tag(ITEM, bigEndian);
      writer.u32(UNDEFINED, bigEndian);
      const start = writer.length;
      this.dataSet(item, encoding, depth);
      if (undefinedLength) {
        this.#tag(ITEM_DELIMITATION, bigEndian);
        writer.u32(0, bigEndian);
      } else {
        writer.patch32(start - 4, writer.length - start, bigEndian);
      }
    }
    if (sequence.undefinedLength) {
      this.#tag(SEQUENCE_DELIMITATION, bigEndian);
      writer.u32(0, bigEndian);
    }
  }

  /** PS3.5 A.4: an item without VR; an odd fragment is padded. */
  #fragment(fragment: Uint8Array, bigEndian: boolean): void {
    this.#tag(ITEM, bigEndian);
    this.#writer.u32(fragment.length + (fragment.length & 1), bigEndian);
    this.#writer.bytes(fragment);
    if (fragment.length & 1) this.#writer.u8(0);
  }

  #text(dataSet: DataSet, tag: Tag, given: ElementValue, facts: VRFacts): void {
    const start = this.#writer.length;
    const text = valueText(given, facts);
    if (text === undefined) throw fault("DICOM_VALUE_INVALID", { where: tagString(tag), details: { vr: facts.vr } });
    if (!this.#writer.ascii(text)) {
      if (facts.kind !== "text")
        throw fault("DICOM_VALUE_INVALID", { where: tagString(tag), details: { vr: facts.vr } });
      this.#writer.bytes(encodeText(text, dataSet.characterSet));
    }
    this.#pad(start, facts);
  }

  #bytes(value: Uint8Array, facts: VRFacts, bigEndian: boolean): void {
    const start = this.#writer.length;
    this.#writer.bytes(value);
    this.#pad(start, facts);
    if (bigEndian && facts.width > 1) this.#writer.swap(start, facts.width);
  }

  /** To an even length: text with a space, the others with NUL (PS3.5 6.2). */
  #pad(start: number, { kind }: VRFacts): void {
    if ((this.#writer.length - start) & 1) this.#writer.u8(kind === "text" || kind === "ascii" ? 0x20 : 0);
  }

  #numbers(tag: Tag, given: ElementValue, { vr }: VRFacts, bigEndian: boolean): void {
    const values = (Array.isArray(given) ? given : [given]) as readonly number[];
    const bytes = writeNumbers(values, vr, !bigEndian);
    if (bytes === undefined) throw fault("DICOM_VALUE_INVALID", { where: tagString(tag), details: { vr } });
    this.#writer.bytes(bytes);
  }

  /** PS3.5 6.2.2: what the 16-bit length of its VR cannot say is written as UN, whose value is little endian. */
  #asUnknown(header: number, length: number, { width }: VRFacts, bigEndian: boolean): void {
    if (bigEndian && width > 1) this.#writer.swap(header + 8, width);
    this.#writer.insert(header + 8, 4);
    this.#writer.patch16(header + 4, UN.code, true);
    this.#writer.patch16(header + 6, 0, bigEndian);
    this.#writer.patch32(header + 8, length, bigEndian);
  }

  #tag(tag: Tag, bigEndian: boolean): void {
    this.#writer.u16(tag >>> 16, bigEndian);
    this.#writer.u16(tag & 0xffff, bigEndian);
  }
}

function isAsRead({ header, items }: Element): boolean {
  return header >= 0 && (items === undefined || items.every((item) => item.untouched));
}

function isGroupLength(tag: Tag): boolean {
  return (tag & 0xffff) === 0 && tag > 0x0002ffff;
}

function isSame(one: Encoding, other: Encoding): boolean {
  return one.explicit === other.explicit && one.bigEndian === other.bigEndian;
}

/** Text and numbers as one value field; undefined when a value does not suit the VR. */
function valueText(given: ElementValue, { vr, kind, multiple }: VRFacts): string | undefined {
  if (kind === "bytes" || kind === "sequence") return undefined;
  if (typeof given === "string") return multiple && given.includes("\\") ? undefined : given;
  if (typeof given === "number") return numberText(given, vr);
  const texts: string[] = [];
  for (const value of given) {
    const text = typeof value === "string" || typeof value === "number" ? valueText(value, vrFacts(vr)) : undefined;
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return texts.length < 2 || multiple ? texts.join("\\") : undefined;
}

/** IS and DS as PS3.5 6.2 bounds them: 12 and 16 characters. */
function numberText(value: number, vr: VR): string | undefined {
  if (vr === "IS") return value === (value | 0) ? String(value) : undefined;
  if (vr !== "DS" || !Number.isFinite(value)) return undefined;
  let text = String(value);
  for (let digits = 15; text.length > 16; digits--) text = String(Number(value.toPrecision(digits)));
  return text;
}
