import { createRandom } from "../faults/random.ts";
import { mutate } from "./mutate.ts";
import type { Material } from "./target.ts";

/** Of issue 3. A stall of the one thread of the box is felt by every other conversation. */
export const LIMITS = { stallMs: 200, bytes: 64 * 1024 * 1024 } as const;

export interface Failure {
  /** `endless` and `death` are found by who watches, the others by the runner itself. */
  readonly kind: "crash" | "stall" | "memory" | "refusal" | "endless" | "death";
  readonly what: string;
}

export interface Outcome {
  inputs: number;
  read: number;
  refused: number;
  longestMs: number;
  grownBytes: number;
  failure?: Failure;
}

/** The input of that number: first the corpus as it is, then what once did harm, then what becomes of the corpus. */
export function inputAt(material: Material, seed: number, index: number): Buffer {
  const original = [...material.corpus, ...(material.harmful ?? [])][index];
  if (original !== undefined) return original;
  // Spread over the seeds by the golden ratio: the inputs of one run are then not those of a run with another seed.
  return mutate(material, createRandom((seed + Math.imul(index, 0x9e3779b1)) >>> 0));
}
