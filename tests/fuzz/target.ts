import { readFileSync } from "node:fs";
import { sharedSamples } from "../support/samples.ts";

/** What inputs are made of. */
export interface Material {
  /** Real inputs, none empty, all read without complaint. */
  readonly corpus: readonly Buffer[];
  /** Pieces that mean something in the language: delimiters, tags, escape sequences. */
  readonly words: readonly Buffer[];
  /** Inputs that once did harm, or would: read or refused, before any other. */
  readonly harmful?: readonly Buffer[];
  /** What a reader must know beside the input and cannot make twice: a certificate. Plain data. */
  readonly secret?: unknown;
}

/** Something that reads bytes of others. */
export interface Target {
  material(): Promise<Material>;
  /** Reads once, and asks of the result what a user would. Gives up with a CodedError or with one of `refusals`. */
  read(bytes: Buffer, secret: unknown): unknown;
  /** Errors of another class that the reader may throw by contract (never past the face of its room). */
  readonly refusals?: readonly (new (
    ...args: never[]
  ) => Error)[];
  /** After the last input: still in order? Throws when not. */
  end?(): Promise<void>;
}

export const words = (...texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, "latin1"));

/** Large samples would spend the time on copying. */
const LARGEST_SAMPLE = 64 * 1024;

/** The samples of those names that are there, and not large. */
export function samplesNamed(...names: readonly string[]): Buffer[] {
  const folder = sharedSamples();
  if (folder === undefined) return [];
  return names.map((name) => readFileSync(`${folder}/${name}`)).filter(({ length }) => length <= LARGEST_SAMPLE);
}
