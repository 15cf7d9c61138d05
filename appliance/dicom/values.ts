import { readTag, readU32 } from "./byte-order.ts";
import { type Decoded, defaultCharacterSet, isPlainASCII } from "./character-set.ts";
import type { DataSet } from "./data-set.ts";
import { vrOf } from "./dictionary.ts";
import type { Element } from "./element.ts";
import { readNumbers } from "./numbers.ts";
import { ITEM, Tags, tagString } from "./tags.ts";
import { type VR, type VRFacts, vrFacts } from "./vr.ts";

const noText: Decoded = { text: "", suspect: false };

/** The value field as text, padding included. */
export function decodeText(dataSet: DataSet, element: Element): Decoded {
  const { given } = element;
  if (typeof given === "string") return { text: given, suspect: false };
  if (Array.isArray(given) && typeof given[0] === "string") return { text: given.join("\\"), suspect: false };
  const { kind, vr } = readAs(element);
  if (kind !== "text" && kind !== "ascii" && kind !== "uid") return noText;
  const source = element.header < 0 ? undefined : dataSet.origin!.source.bytes;
  // Most values of most objects: read without a view of them.
  if (source !== undefined && isPlainASCII(source, element.value, element.end)) {
    return { text: source.toString("latin1", element.value, element.end), suspect: false };
  }
  const bytes = elementBytes(dataSet, element);
  if (bytes === undefined) return noText;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (kind === "text" ? dataSet.characterSet : defaultCharacterSet).decode(buffer, vr === "PN");
}

/** True when the bytes of a text that was read mean something else in another character set. */
export function dependsOnCharacterSet(dataSet: DataSet, element: Element): boolean {
  return readAs(element).kind === "text" && !isPlainASCII(elementBytes(dataSet, element)!);
}

/** Every value as text, without the padding that is not part of it (PS3.5 6.2). */
export function decodeStrings(dataSet: DataSet, element: Element): readonly string[] {
  const { kind, vr, multiple } = readAs(element);
  if (kind === "sequence" || kind === "bytes") return [];
  if (kind === "binary") {
    return decodeNumbers(dataSet, element).map((value) => (vr === "AT" ? tagString(value) : String(value)));
  }
  if (typeof element.given === "number") return [String(element.given)];
  if (Array.isArray(element.given) && typeof element.given[0] === "number") return element.given.map(String);
  const { text } = decodeText(dataSet, element);
  if (text === "") return [];
  if (!multiple) return [trimEnd(text)];
  const trim = vr === "UC" ? trimEnd : trimBoth;
  return text.includes("\\") ? text.split("\\").map(trim) : [trim(text)];
}

/** Every value as a number; empty as soon as one of them is none. */
export function decodeNumbers(dataSet: DataSet, element: Element): readonly number[] {
  const { given } = element;
  if (typeof given === "number") return [given];
  if (Array.isArray(given) && typeof given[0] === "number") return given as readonly number[];
  const facts = readAs(element);
  if (facts.kind === "binary") return binaryNumbers(dataSet, element, facts.vr);
  if (facts.vr !== "IS" && facts.vr !== "DS") return [];
  const texts = decodeStrings(dataSet, element);
  const pattern = facts.vr === "IS" ? /^[+-]?\d+$/ : /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
  return texts.every((text) => pattern.test(text)) ? texts.map(Number) : [];
}

/** The value field as a view; undefined for a sequence or a text or number that we set and that is not yet written. */
export function elementBytes(dataSet: DataSet, element: Element): Uint8Array | undefined {
  if (element.given instanceof Uint8Array) return element.given;
  if (element.header < 0) return undefined;
  return dataSet.origin!.source.bytes.subarray(element.value, element.end);
}

/** The fragments of an encapsulated value, the basic offset table first. */
export function elementFragments(dataSet: DataSet, element: Element): readonly Uint8Array[] | undefined {
  const { given } = element;
  if (Array.isArray(given) && given[0] instanceof Uint8Array) return given as Uint8Array[];
  if (!element.undefinedLength || element.items !== undefined) return undefined;
  const { source, encoding } = dataSet.origin!;
  const fragments: Uint8Array[] = [];
  for (let at = element.value; readTag(source.bytes, at, encoding.bigEndian) === ITEM; ) {
    const end = at + 8 + readU32(source.bytes, at + 4, encoding.bigEndian);
    fragments.push(source.bytes.subarray(at + 8, end));
    at = end;
  }
  return fragments;
}

/**
 * An element sent as UN is read by the dictionary; its bytes are implicit little endian (PS3.5 6.2.2 note 2). So is the
 * Specific Character Set, whatever VR it claims: one that is a text of the character set could not be read without itself.
 */
export function readAs({ tag, vr }: Element): VRFacts {
  return vrFacts(vr === "UN" || tag === Tags.SpecificCharacterSet ? vrOf(tag) : vr);
}

function binaryNumbers(dataSet: DataSet, element: Element, vr: VR): readonly number[] {
  const bytes = elementBytes(dataSet, element);
  if (bytes === undefined) return [];
  return readNumbers(bytes, vr, isLittleEndian(dataSet, element));
}

/** The byte order of a value field: that of the data set, but for what we set and for UN (PS3.5 6.2.2 note 2). */
export function isLittleEndian(dataSet: DataSet, element: Element): boolean {
  return element.given !== undefined || element.vr === "UN" || !dataSet.origin!.encoding.bigEndian;
}

function trimBoth(text: string): string {
  return trimEnd(text.startsWith(" ") ? text.replace(/^ +/, "") : text);
}

/** Not a regular expression: that would try again at each of a million spaces. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\0")) end--;
  return text.slice(0, end);
}
