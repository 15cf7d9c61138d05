import { dictionaryFacts } from "./dictionary-facts.ts";
import { groupOf, isPrivate, type Tag } from "./tags.ts";
import type { VR } from "./vr.ts";

const dictionary = load(dictionaryFacts);

/** "US or SS" in PS3.6: signed when (0028,0103) Pixel Representation is 1. */
const signDependsOnPixels = new Set<Tag>([
  0x00189810, 0x00221452, 0x00280071, 0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108, 0x00280109,
  0x00280110, 0x00280111, 0x00280120, 0x00280121, 0x00281100, 0x00281101, 0x00281102, 0x00281103, 0x00281111,
  0x00281112, 0x00281113, 0x00283002, 0x00409211, 0x00409216, 0x00603004, 0x00603006,
]);

/**
 * The value representation of `tag` in implicit VR (PS3.6, PS3.5 7.1.3): UL for a group length, LO for a private
 * creator, UN for a private or unknown element, whose value is opaque.
 */
export function vrOf(tag: Tag): VR {
  const known = dictionary.get(tag);
  if (known !== undefined) return known;
  const element = tag & 0xffff;
  if (element === 0) return "UL";
  if (isPrivate(tag)) return element >= 0x10 && element <= 0xff ? "LO" : "UN";
  const group = groupOf(tag);
  if (group === 0x0020 && element >= 0x3100 && element <= 0x31ff) return "CS";
  const family = group & 0xff00;
  if (family === 0x5000 || family === 0x6000 || family === 0x7f00) {
    return dictionary.get(((family << 16) | element) >>> 0) ?? "UN";
  }
  return "UN";
}

/** True when the dictionary says "US or SS" and Pixel Representation decides. */
export function isSignDependent(tag: Tag): boolean {
  return signDependsOnPixels.has(tag);
}

function load(facts: string): Map<Tag, VR> {
  const table = new Map<Tag, VR>();
  let group = 0;
  let vr: VR = "UN";
  for (const line of facts.split("\n")) {
    const words = line.split(" ");
    if (words[0] !== "") group = Number.parseInt(words[0]!, 16);
    for (const word of words.slice(1)) {
      if (word.length === 2) {
        vr = word as VR;
        continue;
      }
      const first = Number.parseInt(word.slice(0, 4), 16);
      const last = word.length === 9 ? Number.parseInt(word.slice(5), 16) : first;
      for (let element = first; element <= last; element++) table.set(((group << 16) | element) >>> 0, vr);
    }
  }
  return table;
}
