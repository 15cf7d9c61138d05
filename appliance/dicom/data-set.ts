import { type CharacterSet, characterSetOf, defaultCharacterSet } from "./character-set.ts";
import type { Element, ElementValue, Origin } from "./element.ts";
import { type Tag, Tags } from "./tags.ts";
import {
  decodeNumbers,
  decodeStrings,
  decodeText,
  dependsOnCharacterSet,
  elementBytes,
  elementFragments,
} from "./values.ts";
import type { VR } from "./vr.ts";

const noItems: readonly DataSet[] = [];

/**
 * A data set (PS3.5 7): elements in tag order, each at most once. What was read stays as the bytes it came in until it is
 * asked for or changed, so an untouched data set is written back byte for byte in the transfer syntax it came in.
 */
export class DataSet {
  #elements: Element[] = [];
  #parent: DataSet | undefined;
  #origin: Origin | undefined;
  #touched = false;
  #ascending = true;
  #characterSet: CharacterSet | undefined;

  /** `origin` and `parent` are the reader's business; a data set of our making has neither. */
  constructor(origin?: Origin, parent?: DataSet) {
    this.#origin = origin;
    this.#parent = parent;
  }

  get size(): number {
    return this.#elements.length;
  }

  /** The elements in ascending tag order. */
  [Symbol.iterator](): IterableIterator<Element> {
    return this.#elements[Symbol.iterator]();
  }

  has(tag: Tag): boolean {
    return this.get(tag) !== undefined;
  }

  get(tag: Tag): Element | undefined {
    const element = this.#elements[this.#indexOf(tag)];
    return element?.tag === tag ? element : undefined;
  }

  /** The first value as text, padding trimmed; undefined when the element is absent, empty or not textual nor numeric. */
  string(tag: Tag): string | undefined {
    return this.strings(tag)[0] || undefined;
  }

  /** Every value as text, in the Specific Character Set in force, padding trimmed. Undecodable bytes become U+FFFD. */
  strings(tag: Tag): readonly string[] {
    const element = this.get(tag);
    return element === undefined ? [] : decodeStrings(this, element);
  }

  /** True when the bytes of a text do not read as the declared character set: show it, never match or publish by it. */
  isSuspect(tag: Tag): boolean {
    const element = this.get(tag);
    return element !== undefined && decodeText(this, element).suspect;
  }

  /** The first value of IS, US, SS, UL, SL, UV or SV as an integer; undefined when absent or not one. */
  integer(tag: Tag): number | undefined {
    const value = this.number(tag);
    return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
  }

  /** The first value of any numeric VR; undefined when absent or no number. */
  number(tag: Tag): number | undefined {
    return this.numbers(tag)[0];
  }

  /** Every value of a numeric VR; empty as soon as one of them is no number. */
  numbers(tag: Tag): readonly number[] {
    const element = this.get(tag);
    return element === undefined ? [] : decodeNumbers(this, element);
  }

  /** The items of a sequence; empty when it is absent, empty, or opaque because it came as UN with a length. */
  items(tag: Tag): readonly DataSet[] {
    return this.get(tag)?.items ?? noItems;
  }

  /** The value field as it stands (a view, not a copy), padding included; undefined when absent or a sequence we set. */
  bytes(tag: Tag): Uint8Array | undefined {
    const element = this.get(tag);
    return element === undefined ? undefined : elementBytes(this, element);
  }

  /** The fragments of encapsulated pixel data (views), the basic offset table first (PS3.5 A.4); undefined otherwise. */
  fragments(tag: Tag): readonly Uint8Array[] | undefined {
    const element = this.get(tag);
    return element === undefined ? undefined : elementFragments(this, element);
  }

  /**
   * Sets an element. Several texts are given as an array, never joined by backslashes. Bytes of words (OW, OF ...) are little
   * endian; an array of bytes is encapsulated pixel data. Setting (0008,0005) changes how texts are written, not what they
   * say. A value that does not suit its VR is refused by `encodeDataSet`.
   */
  set(tag: Tag, vr: VR, value: ElementValue): this {
    const items = vr === "SQ" ? (value as readonly DataSet[]) : undefined;
    const given = items === undefined ? value : undefined;
    const element: Element = { tag, vr, header: -1, value: -1, end: -1, undefinedLength: false, items, given };
    if (items !== undefined) for (const item of items) item.#adopt(this);
    this.#beforeChange(tag);
    const last = this.#elements.at(-1);
    if (last === undefined || last.tag < tag) {
      this.#elements.push(element);
      return this;
    }
    const index = this.#indexOf(tag);
    this.#elements.splice(index, this.#elements[index]?.tag === tag ? 1 : 0, element);
    return this;
  }

  delete(tag: Tag): boolean {
    const index = this.#indexOf(tag);
    if (this.#elements[index]?.tag !== tag) return false;
    this.#beforeChange(tag);
    this.#elements.splice(index, 1);
    return true;
  }

  /** The Specific Character Set in force: its own, or that of the data set it is nested in (PS3.3 C.12.1.1.2). */
  get characterSet(): CharacterSet {
    if (this.#characterSet !== undefined) return this.#characterSet;
    const own = this.get(Tags.SpecificCharacterSet);
    if (own === undefined) return this.#parent?.characterSet ?? defaultCharacterSet;
    this.#characterSet = characterSetOf(this.strings(Tags.SpecificCharacterSet));
    return this.#characterSet;
  }

  /** Where it was read, elements being changed since or not. */
  get origin(): Origin | undefined {
    return this.#origin;
  }

  /** True until an element of it, or of an item below it, is set or deleted. */
  get untouched(): boolean {
    return this.#origin !== undefined && !this.#touched;
  }

  /** For the reader: adds an element as it comes. */
  append(element: Element): void {
    const last = this.#elements.at(-1);
    if (last !== undefined && last.tag >= element.tag) this.#ascending = false;
    this.#elements.push(element);
  }

  /**
   * For the reader: no element comes any more. Elements out of order are put in order; of two with one tag the first counts,
   * as for the toolkits of the field. The bytes of an untouched data set are not concerned.
   */
  close(end: number): void {
    if (this.#origin !== undefined) this.#origin.end = end;
    if (this.#ascending) return;
    this.#elements.sort((one, other) => one.tag - other.tag);
    this.#elements = this.#elements.filter((element, index, all) => element.tag !== all[index - 1]?.tag);
    this.#ascending = true;
  }

  /** Takes the item into another data set, whose character set may be another one. */
  #adopt(parent: DataSet): void {
    if (this.#parent === parent) return;
    this.#fixTexts();
    if (this.#parent !== undefined) this.#parent.#touch();
    this.#parent = parent;
  }

  /** Decodes the texts that depend on the character set in force, before that changes; what we set has no bytes yet. */
  #fixTexts(): void {
    if (this.#origin === undefined) return;
    for (const [index, element] of this.#elements.entries()) {
      for (const item of element.items ?? noItems) if (!item.has(Tags.SpecificCharacterSet)) item.#fixTexts();
      if (element.header < 0 || !dependsOnCharacterSet(this, element)) continue;
      const given = decodeStrings(this, element);
      this.#elements[index] = { ...element, header: -1, value: -1, end: -1, given };
      this.#touch();
    }
  }

  #beforeChange(tag: Tag): void {
    if (tag === Tags.SpecificCharacterSet) {
      this.#fixTexts();
      this.#characterSet = undefined;
    }
    this.#touch();
  }

  #touch(): void {
    for (let one: DataSet | undefined = this; one !== undefined && !one.#touched; one = one.#parent)
      one.#touched = true;
  }

  /** Index of `tag`, or of the first element after it. */
  #indexOf(tag: Tag): number {
    let low = 0;
    let high = this.#elements.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#elements[middle]!.tag < tag) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
