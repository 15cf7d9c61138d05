import type { DataSet } from "../data-set.ts";
import type { Element } from "../element.ts";
import { fault } from "../errors.ts";
import { dicomLimits } from "../limits.ts";
import { type Tag, Tags, tagString } from "../tags.ts";
import { decodeNumbers, decodeStrings, elementBytes, elementFragments, isLittleEndian, readAs } from "../values.ts";
import { type VR, type VRFacts, vrFacts } from "../vr.ts";
import { decimalToJson, longsToJson, numberToJson } from "./numbers.ts";

export interface JsonOptions {
  /**
   * The address of a value that is not in the text, from where it stands: `7FE00010`, or `54000100/1/54001010` for a tag within
   * the first item of a sequence. Without it every binary value is in the text, and fragments of pixel data are left out.
   */
  readonly bulkDataURI?: (path: string) => string;
  /** The longest binary value that is in the text although there is an address. */
  readonly inlineBytes?: number;
  /** The VR of Pixel Data of a data set that was read up to it: it gets an address all the same. */
  readonly pixelDataVR?: VR;
}

/** Palettes and profiles go, a vendor's few bytes stay: as long as the address that would stand in their place. */
const INLINE_BYTES = 256;
/** Characters of a piece, and at most one value more. */
const PIECE = 64 * 1024;
/** Every byte as two digits. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"));
const openings = new Map<Tag, { readonly vr: VR; readonly text: string }>();
/** More than the dictionary has for images: private tags of every vendor must not pile up. */
const MOST_OPENINGS = 4096;
const NAME_GROUPS = ["Alphabetic", "Ideographic", "Phonetic"];

/**
 * A data set as a JSON object (PS3.18 annex F), in Unicode whatever its character set; without group lengths (F.2.2) and meta
 * information. It comes in pieces: the text of an object of 10,000 frames takes more memory and time than anybody should be kept
 * for. Throws DICOM_TOO_DEEP, when it comes to it.
 */
export function* toJson(dataSet: DataSet, options: JsonOptions = {}): Generator<string> {
  const writer = new JsonWriter(options);
  yield* writer.dataSet(dataSet, "", 0);
  yield writer.piece();
}

class JsonWriter {
  readonly #bulkDataURI: ((path: string) => string) | undefined;
  readonly #inlineBytes: number;
  readonly #pixelDataVR: VR | undefined;
  /** What nobody has taken yet. */
  #text = "";

  constructor({ bulkDataURI, inlineBytes = INLINE_BYTES, pixelDataVR }: JsonOptions) {
    this.#bulkDataURI = bulkDataURI;
    this.#inlineBytes = inlineBytes;
    this.#pixelDataVR = pixelDataVR;
  }

  /** The text since the last piece. */
  piece(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** `path` is that of the item, its last slash included. */
  *dataSet(dataSet: DataSet, path: string, depth: number): Generator<string> {
    let separator = "{";
    for (const element of dataSet) {
      if ((element.tag & 0xffff) === 0) continue;
      this.#text += separator;
      separator = ",";
      if (element.items === undefined) this.#text += this.#element(dataSet, element, path);
      else yield* this.#sequence(element.tag, element.items, path, depth + 1);
      if (this.#text.length >= PIECE) yield this.piece();
    }
    if (depth === 0 && this.#pixelDataVR !== undefined && !dataSet.has(Tags.PixelData)) {
      const value = this.#address(tagKey(Tags.PixelData));
      this.#text += `${separator}${attribute(Tags.PixelData, this.#pixelDataVR, value)}`;
      separator = ",";
    }
    this.#text += separator === "{" ? "{}" : "}";
  }

  *#sequence(tag: Tag, items: readonly DataSet[], path: string, depth: number): Generator<string> {
    if (depth > dicomLimits.depth) {
      throw fault("DICOM_TOO_DEEP", { where: tagString(tag), details: { limit: dicomLimits.depth } });
    }
    const key = tagKey(tag);
    this.#text += opening(tag, "SQ");
    for (const [index, item] of items.entries()) {
      this.#text += index === 0 ? ',"Value":[' : ",";
      yield* this.dataSet(item, `${path}${key}/${index + 1}/`, depth);
    }
    this.#text += items.length === 0 ? "}" : "]}";
  }

  #element(dataSet: DataSet, element: Element, path: string): string {
    const facts = knownAs(element);
    const value =
      facts.kind === "bytes"
        ? this.#binary(dataSet, element, facts, path + tagKey(element.tag))
        : valueMember(dataSet, element, facts);
    return attribute(element.tag, facts.vr, value);
  }

  #binary(dataSet: DataSet, element: Element, facts: VRFacts, path: string): string {
    const fragments = elementFragments(dataSet, element);
    const bytes = fragments === undefined ? elementBytes(dataSet, element) : undefined;
    if (bytes?.length === 0) return "";
    const inline = bytes !== undefined && bytes.length <= this.#inlineBytes && element.tag !== Tags.PixelData;
    if (!inline && this.#bulkDataURI !== undefined) return this.#address(path);
    // Fragments have no form in the text (PS3.18 F.2.7).
    if (bytes === undefined) return "";
    const ordered = isLittleEndian(dataSet, element) ? bytes : swapped(bytes, facts.width);
    return `,"InlineBinary":"${Buffer.from(ordered.buffer, ordered.byteOffset, ordered.length).toString("base64")}"`;
  }

  #address(path: string): string {
    return this.#bulkDataURI === undefined ? "" : `,"BulkDataURI":${JSON.stringify(this.#bulkDataURI(path))}`;
  }
}

/** How a value is told: one sent as UN by what the dictionary knows, but for a sequence whose bytes nobody has read. */
function knownAs(element: Element): VRFacts {
  const facts = readAs(element);
  return facts.kind === "sequence" ? vrFacts("UN") : facts;
}

function valueMember(dataSet: DataSet, element: Element, { kind, vr }: VRFacts): string {
  // The text is UTF-8, and says so (PS3.18 F.2.1).
  if (element.tag === Tags.SpecificCharacterSet) return member(['"ISO_IR 192"']);
  if (kind === "binary") return member(numbers(dataSet, element, vr));
  const strings = decodeStrings(dataSet, element);
  if (strings.length === 1 && strings[0] === "") return "";
  return member(strings.map((text) => (text === "" ? "null" : textToJson(text, vr))));
}

function textToJson(text: string, vr: VR): string {
  if (vr === "PN") return nameToJson(text);
  return vr === "DS" || vr === "IS" ? decimalToJson(text) : JSON.stringify(text);
}

/** PS3.5 6.2.1.1: up to three groups of one name. */
function nameToJson(text: string): string {
  const groups = text.split("=", NAME_GROUPS.length).map((group) => group.replace(/ $/, ""));
  const members = groups.flatMap((group, index) =>
    group === "" ? [] : [`"${NAME_GROUPS[index]}":${JSON.stringify(group)}`],
  );
  return members.length === 0 ? "null" : `{${members.join()}}`;
}

function numbers(dataSet: DataSet, element: Element, vr: VR): string[] {
  const bytes = vr === "SV" || vr === "UV" ? elementBytes(dataSet, element) : undefined;
  if (bytes !== undefined) return longsToJson(bytes, vr, isLittleEndian(dataSet, element));
  const values = decodeNumbers(dataSet, element);
  return values.map(vr === "AT" ? (value) => `"${tagKey(value)}"` : numberToJson);
}

function attribute(tag: Tag, vr: VR, value: string): string {
  return `${opening(tag, vr)}${value}}`;
}

/** How an attribute begins, made once for those that come in every object. */
function opening(tag: Tag, vr: VR): string {
  const known = openings.get(tag);
  if (known?.vr === vr) return known.text;
  const text = `"${tagKey(tag)}":{"vr":"${vr}"`;
  if (openings.size < MOST_OPENINGS) openings.set(tag, { vr, text });
  return text;
}

/** An empty value has no member (PS3.18 F.2.5). */
function member(values: readonly string[]): string {
  return values.length === 0 ? "" : `,"Value":[${values.length === 1 ? values[0] : values.join()}]`;
}

function tagKey(tag: Tag): string {
  return HEX[tag >>> 24]! + HEX[(tag >>> 16) & 0xff] + HEX[(tag >>> 8) & 0xff] + HEX[tag & 0xff];
}

function swapped(bytes: Uint8Array, width: VRFacts["width"]): Buffer {
  const copy = Buffer.from(bytes);
  const words = copy.subarray(0, copy.length - (copy.length % width));
  if (width === 2) words.swap16();
  if (width === 4) words.swap32();
  if (width === 8) words.swap64();
  return copy;
}
