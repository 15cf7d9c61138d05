import type { Random } from "../faults/random.ts";
import type { Material } from "./target.ts";

/** No mutation makes more than this: deflated, it may still become 25 MB by the limits of the room `dicom`. */
const LARGEST = 128 * 1024;
const MOST_MUTATIONS = 6;
/** The edges of 8, 16 and 32 bits, signed and not, and what DICOM calls an undefined length. */
const MAGIC = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

type Mutation = (bytes: Buffer, random: Random, material: Material) => Buffer;

const below = (random: Random, limit: number) => Math.floor(random.fraction() * limit);
const oneOf = <T>(random: Random, choices: readonly T[]) => choices[below(random, choices.length)] as T;
/** Small more often than large, as faults are. */
const size = (random: Random, limit: number) => Math.floor(random.fraction() ** 4 * limit) + 1;

function splice(bytes: Buffer, at: number, removed: number, inserted: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}

function piece(bytes: Buffer, random: Random): Buffer {
  const at = below(random, bytes.length);
  return bytes.subarray(at, at + size(random, bytes.length - at));
}

/** A number written over what stands at a place, in either byte order. */
function overwrite(bytes: Buffer, at: number, width: 2 | 4, bigEndian: boolean, value: number): Buffer {
  const changed = Buffer.from(bytes);
  const limited = width === 2 ? value & 0xffff : value >>> 0;
  if (bigEndian) changed.writeUIntBE(limited, at, width);
  else changed.writeUIntLE(limited, at, width);
  return changed;
}

const mutations: readonly Mutation[] = [
  function flipBits(bytes, random) {
    const changed = Buffer.from(bytes);
    for (let left = size(random, 16); left > 0; left--) {
      const at = below(random, bytes.length);
      changed[at] = (changed[at] as number) ^ (1 << below(random, 8));
    }
    return changed;
  },
  function cut(bytes, random) {
    return bytes.subarray(0, below(random, bytes.length + 1));
  },
  function remove(bytes, random) {
    const at = below(random, bytes.length);
    return splice(bytes, at, size(random, bytes.length - at));
  },
  function insertWord(bytes, random, { words }) {
    return words.length === 0 ? bytes : splice(bytes, below(random, bytes.length + 1), 0, oneOf(random, words));
  },
  function insertNoise(bytes, random) {
    const noise = Buffer.from(Array.from({ length: size(random, 64) }, () => below(random, 256)));
    return splice(bytes, below(random, bytes.length + 1), 0, noise);
  },
  function repeat(bytes, random, { words }) {
    const unit = words.length > 0 && random.chance(0.3) ? oneOf(random, words) : piece(bytes, random);
    const length = unit.length * size(random, LARGEST / unit.length);
    return splice(bytes, below(random, bytes.length + 1), 0, Buffer.alloc(length, unit));
  },
  function graft(bytes, random, { corpus }) {
    const other = oneOf(random, corpus);
    return Buffer.concat([
      bytes.subarray(0, below(random, bytes.length + 1)),
      other.subarray(below(random, other.length)),
    ]);
  },
  function graftPiece(bytes, random, { corpus }) {
    return splice(bytes, below(random, bytes.length + 1), 0, piece(oneOf(random, corpus), random));
  },
  function magic(bytes, random) {
    const width = random.chance(0.5) ? 2 : 4;
    if (bytes.length < width) return bytes;
    return overwrite(bytes, below(random, bytes.length - width + 1), width, random.chance(0.5), oneOf(random, MAGIC));
  },
  /** A number that could be the length of what follows, made a little or much too long or short. */
  function lieAboutLength(bytes, random) {
    for (let tries = 0; tries < 100; tries++) {
      const width = random.chance(0.5) ? 2 : 4;
      const bigEndian = random.chance(0.5);
      const at = below(random, bytes.length - width + 1);
      if (at + width > bytes.length) break;
      const value = bigEndian ? bytes.readUIntBE(at, width) : bytes.readUIntLE(at, width);
      if (value === 0 || value > bytes.length - at) continue;
      const lies = [0, value - 1, value + 1, value - 2, value + 2, value * 2, bytes.length, ...MAGIC];
      return overwrite(bytes, at, width, bigEndian, oneOf(random, lies));
    }
    return bytes;
  },
];

/** A real input, damaged in one to six ways. The same `random` makes the same input of the same material. */
export function mutate(material: Material, random: Random): Buffer {
  let bytes = oneOf(random, material.corpus);
  for (let left = size(random, MOST_MUTATIONS); left > 0 && bytes.length > 0; left--) {
    const mutation = oneOf(random, mutations);
    bytes = mutation(bytes, random, material).subarray(0, LARGEST);
  }
  return Buffer.from(bytes);
}
