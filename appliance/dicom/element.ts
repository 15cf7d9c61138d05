import type { DataSet } from "./data-set.ts";
import type { Tag } from "./tags.ts";
import type { VR } from "./vr.ts";

/** The two traits of a transfer syntax that change how elements are laid out. */
export interface Encoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

export const implicitLittleEndian: Encoding = { explicit: false, bigEndian: false };

/** What `DataSet.set` takes: text, numbers, raw bytes, items of a sequence, or fragments of encapsulated pixel data. */
export type ElementValue =
  | string
  | number
  | Uint8Array
  | readonly string[]
  | readonly number[]
  | readonly DataSet[]
  | readonly Uint8Array[];

/**
 * One data element. When it was read, `header`, `value` and `end` are offsets in its data set's source and the bytes stay
 * there; when it was set, they are -1 and `given` holds the value until it is written.
 */
export interface Element {
  readonly tag: Tag;
  readonly vr: VR;
  readonly header: number;
  readonly value: number;
  /** Past the value, and past the delimitation item of an undefined length. */
  readonly end: number;
  readonly undefinedLength: boolean;
  readonly items: readonly DataSet[] | undefined;
  readonly given: ElementValue | undefined;
}

/** The bytes that data sets were read from: shared by all levels, and replaced by a longer copy while streaming. */
export interface Source {
  bytes: Buffer;
}

/** Where a data set was read: what lets it be written again byte for byte. */
export interface Origin {
  readonly source: Source;
  readonly encoding: Encoding;
  readonly start: number;
  /** Set when the reader reaches it; the delimitation item of an undefined length is not included. */
  end: number;
  readonly undefinedLength: boolean;
  /** The deflated bytes as received, for a data set of a deflated transfer syntax. */
  deflated?: Uint8Array;
}
