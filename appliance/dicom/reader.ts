import { readTag, readU16, readU32 } from "./byte-order.ts";
import { DataSet } from "./data-set.ts";
import { isSignDependent, vrOf } from "./dictionary.ts";
import { type Element, type Encoding, implicitLittleEndian, type Origin, type Source } from "./element.ts";
import { fault } from "./errors.ts";
import type { DicomLimits } from "./limits.ts";
import { ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, type Tag, Tags, tagString } from "./tags.ts";
import { type VR, vrFacts, vrFromCode } from "./vr.ts";

const UNDEFINED = 0xffffffff;
const DELIMITER_GROUP = 0xfffe;
/** No end announced: a delimitation item ends it. */
const OPEN = -1;

/** What a step of the reader came to. */
type Step = "on" | "more" | "done";

/** What stands before a value (PS3.5 7.1). */
interface Header {
  readonly tag: Tag;
  readonly vr: VR;
  /** Offsets of the header and of the value. */
  readonly header: number;
  readonly value: number;
  /** UNDEFINED or a number of bytes. */
  readonly length: number;
}

/** The root data set, or an open sequence and its open item. */
interface Level {
  /** The sequence element being read; undefined for the root. */
  readonly sequence: (Header & { readonly items: DataSet[]; readonly end: number }) | undefined;
  readonly encoding: Encoding;
  /** The data set whose elements come next; undefined between two items. */
  dataSet: DataSet | undefined;
  itemEnd: number;
  /** The nearest announced end around: nothing inside may pass it. */
  readonly outerBound: number;
  bound: number;
}

/**
 * Reads the structure of a data set (PS3.5 7) without recursion and in one pass. It can stop for want of bytes and go on
 * when `source.bytes` has grown, so the same code reads a buffer and a socket.
 */
export class DataSetReader {
  readonly root: DataSet;
  /** Offset of the first byte not yet read. */
  position: number;
  readonly #source: Source;
  readonly #limits: DicomLimits;
  readonly #untilTag: Tag;
  /** Nothing may need bytes beyond: the header limit of a stream. */
  readonly #ceiling: number;
  readonly #levels: Level[];
  #available = 0;
  #complete = false;
  #count = 0;
  /** Every byte between `position` and here is zero: never looked at twice. */
  #nonZero = 0;

  constructor(
    source: Source,
    start: number,
    encoding: Encoding,
    limits: DicomLimits,
    until?: { tag: Tag; ceiling: number },
  ) {
    const origin: Origin = { source, encoding, start, end: start, undefinedLength: false };
    this.root = new DataSet(origin);
    this.position = start;
    this.#source = source;
    this.#limits = limits;
    this.#untilTag = until?.tag ?? 0x1_0000_0000;
    this.#ceiling = until?.ceiling ?? Number.POSITIVE_INFINITY;
    const open = { itemEnd: OPEN, outerBound: Number.POSITIVE_INFINITY, bound: Number.POSITIVE_INFINITY };
    this.#levels = [{ sequence: undefined, encoding, dataSet: this.root, ...open }];
  }

  /**
   * Reads as far as the first `available` bytes of the source allow. True when the end (or the tag to stop at) is reached; false
   * when more bytes are needed. `complete` says that no more will come.
   */
  read(available: number, complete: boolean): boolean {
    this.#available = available;
    this.#complete = complete;
    for (;;) {
      const level = this.#levels.at(-1)!;
      const step = level.dataSet === undefined ? this.#item(level) : this.#elements(level, level.dataSet);
      if (step !== "on") return step === "done";
    }
  }

  /** Reads elements of `dataSet` until it ends, a sequence opens, or bytes are wanting. */
  #elements(level: Level, dataSet: DataSet): Step {
    for (;;) {
      const at = this.position;
      if (at === level.itemEnd) {
        this.#closeItem(level, dataSet);
        return "on";
      }
      if (level.sequence === undefined && this.#atEnd()) {
        if (!this.#complete) return this.#more();
        dataSet.close(at);
        return "done";
      }
      if (!this.#has(level, at, 8)) return "more";
      const tag = readTag(this.#source.bytes, at, level.encoding.bigEndian);
      if (tag >>> 16 === DELIMITER_GROUP) {
        if (tag !== ITEM_DELIMITATION || level.sequence === undefined || level.itemEnd !== OPEN) {
          throw this.#fault("DICOM_SEQUENCE_INVALID", at, tag);
        }
        this.#closeItem(level, dataSet);
        this.position = at + 8;
        return "on";
      }
      if (tag >= this.#untilTag && level.sequence === undefined) {
        dataSet.close(at);
        return "done";
      }
      const header = this.#header(level, dataSet, tag, at);
      if (header === undefined) return "more";
      const { vr, value, length } = header;
      if (++this.#count > this.#limits.elements) {
        throw this.#fault("DICOM_TOO_MANY_ELEMENTS", at, tag, { limit: this.#limits.elements });
      }
      if (vr === "SQ" || (vr === "UN" && length === UNDEFINED)) {
        return this.#openSequence(level, header);
      }
      let end = value + length;
      if (length === UNDEFINED) {
        if (vrFacts(vr).kind !== "bytes") throw this.#fault("DICOM_LENGTH_INVALID", at, tag);
        end = this.#fragmentsEnd(level, tag, value);
        if (end === OPEN) return "more";
      } else if (!this.#has(level, value, length, tag)) {
        return "more";
      }
      const undefinedLength = length === UNDEFINED;
      dataSet.append({ tag, vr, header: at, value, end, undefinedLength, items: undefined, given: undefined });
      this.position = end;
    }
  }

  /** The header of `tag` at `at`; undefined when bytes are wanting. */
  #header(level: Level, dataSet: DataSet, tag: Tag, at: number): Header | undefined {
    const { bytes } = this.#source;
    const { explicit, bigEndian } = level.encoding;
    if (!explicit) {
      const length = readU32(bytes, at + 4, bigEndian);
      return { tag, vr: implicitVR(tag, length, dataSet, this.root), header: at, value: at + 8, length };
    }
    const facts = vrFromCode((bytes[at + 4]! << 8) | bytes[at + 5]!);
    if (facts === undefined) throw this.#fault("DICOM_VR_INVALID", at, tag);
    const { vr, long } = facts;
    if (!long) return { tag, vr, header: at, value: at + 8, length: readU16(bytes, at + 6, bigEndian) };
    if (!this.#has(level, at, 12)) return undefined;
    return { tag, vr, header: at, value: at + 12, length: readU32(bytes, at + 8, bigEndian) };
  }

  /** Between two items: opens the next one, or closes the sequence. */
  #item(level: Level): Step {
    const sequence = level.sequence!;
    const at = this.position;
    if (at === sequence.end) return this.#closeSequence(level, at);
    if (!this.#has(level, at, 8)) return "more";
    const { bytes } = this.#source;
    const tag = readTag(bytes, at, level.encoding.bigEndian);
    if (tag === SEQUENCE_DELIMITATION && sequence.end === OPEN) return this.#closeSequence(level, at + 8);
    if (tag !== ITEM) throw this.#fault("DICOM_SEQUENCE_INVALID", at, sequence.tag);
    const length = readU32(bytes, at + 4, level.encoding.bigEndian);
    const start = at + 8;
    const undefinedLength = length === UNDEFINED;
    const end = undefinedLength ? OPEN : start + length;
    if (end > level.outerBound) throw this.#fault("DICOM_LENGTH_INVALID", at, sequence.tag);
    if (++this.#count > this.#limits.elements) {
      throw this.#fault("DICOM_TOO_MANY_ELEMENTS", at, sequence.tag, { limit: this.#limits.elements });
    }
    const origin: Origin = { source: this.#source, encoding: level.encoding, start, end: start, undefinedLength };
    const dataSet = new DataSet(origin, this.#levels.at(-2)!.dataSet);
    sequence.items.push(dataSet);
    level.dataSet = dataSet;
    level.itemEnd = end;
    level.bound = undefinedLength ? level.outerBound : end;
    this.position = start;
    return "on";
  }

  #closeItem(level: Level, dataSet: DataSet): void {
    dataSet.close(this.position);
    level.dataSet = undefined;
    level.itemEnd = OPEN;
    level.bound = level.outerBound;
  }

  #openSequence(level: Level, element: Header): Step {
    const { tag, vr, header, value, length } = element;
    if (this.#levels.length > this.#limits.depth) {
      throw this.#fault("DICOM_TOO_DEEP", header, tag, { limit: this.#limits.depth });
    }
    const end = length === UNDEFINED ? OPEN : value + length;
    if (end > level.bound) throw this.#fault("DICOM_LENGTH_INVALID", header, tag);
    this.#needs(value + (end === OPEN ? 0 : length), tag);
    const outerBound = end === OPEN ? level.bound : end;
    this.#levels.push({
      sequence: { ...element, items: [], end },
      // PS3.5 6.2.2 note 4 (CP-246): a UN of undefined length is a sequence in implicit VR little endian, whatever is around.
      encoding: vr === "UN" ? implicitLittleEndian : level.encoding,
      dataSet: undefined,
      itemEnd: OPEN,
      outerBound,
      bound: outerBound,
    });
    this.position = value;
    return "on";
  }

  #closeSequence(level: Level, end: number): Step {
    const { tag, vr, header, value, items, length } = level.sequence!;
    this.#levels.pop();
    const undefinedLength = length === UNDEFINED;
    const element: Element = { tag, vr, header, value, end, undefinedLength, items, given: undefined };
    this.#levels.at(-1)!.dataSet!.append(element);
    this.position = end;
    return "on";
  }

  /** Past the delimitation item of the fragments that begin at `value` (PS3.5 A.4); OPEN when bytes are wanting. */
  #fragmentsEnd(level: Level, tag: Tag, value: number): number {
    const { bytes } = this.#source;
    for (let at = value; ; ) {
      if (!this.#has(level, at, 8, tag)) return OPEN;
      const item = readTag(bytes, at, level.encoding.bigEndian);
      if (item === SEQUENCE_DELIMITATION) return at + 8;
      if (item !== ITEM) throw this.#fault("DICOM_SEQUENCE_INVALID", at, tag);
      const length = readU32(bytes, at + 4, level.encoding.bigEndian);
      if (length === UNDEFINED) throw this.#fault("DICOM_LENGTH_INVALID", at, tag);
      if (!this.#has(level, at + 8, length, tag)) return OPEN;
      at += 8 + length;
    }
  }

  /** True when `length` bytes are there at `at`; false when they may still come; throws when they never can. */
  #has(level: Level, at: number, length: number, tag?: Tag): boolean {
    const end = at + length;
    if (end <= this.#available && end <= level.bound) return true;
    if (end > level.bound) throw this.#fault("DICOM_LENGTH_INVALID", this.position, tag);
    this.#needs(end, tag);
    return false;
  }

  /** Throws when the source can never hold `end` bytes: before anything is allocated for them. */
  #needs(end: number, tag?: Tag): void {
    if (end <= this.#available) return;
    if (this.#complete) {
      throw this.#fault("DICOM_TRUNCATED", this.position, tag, { needed: end, present: this.#available });
    }
    if (end > this.#ceiling) {
      throw this.#fault("DICOM_HEADER_TOO_LARGE", this.position, tag, { limit: this.#ceiling });
    }
  }

  /** Waits for bytes that may still come, unless the limit is reached. */
  #more(): Step {
    this.#needs(this.#available + 1);
    return "more";
  }

  /** At the end of what there is, or before zeros that some writers leave behind the last element. */
  #atEnd(): boolean {
    const { bytes } = this.#source;
    if (this.#nonZero < this.position) this.#nonZero = this.position;
    while (this.#nonZero < this.#available && bytes[this.#nonZero] === 0) this.#nonZero++;
    return this.#nonZero >= this.#available;
  }

  #fault(code: Parameters<typeof fault>[0], offset: number, tag?: Tag, details: Record<string, number> = {}) {
    const path: string[] = [];
    for (const { sequence } of this.#levels) {
      if (sequence !== undefined) path.push(`${tagString(sequence.tag)}[${sequence.items.length}]`);
    }
    if (tag !== undefined) path.push(tagString(tag));
    return fault(code, { where: `${path.join(".")} byte ${offset}`.trim(), details });
  }
}

/** The VR that implicit VR leaves to the dictionary (PS3.5 7.1.3 and A.1). */
function implicitVR(tag: Tag, length: number, dataSet: DataSet, root: DataSet): VR {
  const vr = vrOf(tag);
  // An undefined length can only be a sequence, known or not; a private value of known length stays opaque whatever it holds.
  if (vr === "UN" && length === UNDEFINED) return "SQ";
  if (vr !== "US" || !isSignDependent(tag)) return vr;
  return (dataSet.integer(Tags.PixelRepresentation) ?? root.integer(Tags.PixelRepresentation)) === 1 ? "SS" : vr;
}
