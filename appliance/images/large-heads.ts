import { CodedError } from "../base/index.ts";
import type { CachedItem } from "../cache/index.ts";
import type { DicomLimits } from "../dicom/index.ts";
import { fault } from "./errors.ts";

export type HeadLimits = Pick<DicomLimits, "headerBytes" | "elements">;

/** What is sent of images may have a head like this: functional groups of 10,000 frames are 20 MB at most, in 350,000 elements. */
export const MOST_OF_A_HEAD: HeadLimits = { headerBytes: 32 * 1024 * 1024, elements: 500_000 };

/** Of these many may be in memory; as elements a head takes thirty times its bytes. */
const SMALL: HeadLimits = { headerBytes: 256 * 1024, elements: 4_000 };

/** Bytes a second at which who has a large head must take its text while others wait: a hundredth of a line of 100 Mbit/s. */
const SLOWEST = 128 * 1024;

/** How long nobody is hurried, in milliseconds. */
const GRACE_MS = 10_000;

/** Reads a head if it is small; undefined when it is not. */
export async function ifSmall<Head>(read: (limits: HeadLimits) => Promise<Head>): Promise<Head | undefined> {
  try {
    return await read(SMALL);
  } catch (error) {
    const isLarge = error instanceof CodedError && /^DICOM_(HEADER_TOO_LARGE|TOO_MANY_ELEMENTS)$/.test(error.code);
    if (isLarge) return undefined;
    throw error;
  }
}

/** A turn with a large head, until it is disposed of. */
export interface LargeTurn extends Disposable {
  /** Throws IMAGES_READER_SLOW when others wait, and no more than `bytes` were taken of it. */
  check(bytes: number): void;
}

/** Large heads: one is in memory at a time, in the order in which they were asked for. */
export class LargeHeads {
  readonly #graceMs: number;
  readonly #waiting = new Set<() => void>();
  #taken = false;

  constructor(graceMs = GRACE_MS) {
    this.#graceMs = graceMs;
  }

  /** Resolves when it is the asker's turn. Rejects with the reason of the signal. */
  async take(signal: AbortSignal): Promise<LargeTurn> {
    signal.throwIfAborted();
    if (this.#taken) await this.#turn(signal);
    this.#taken = true;
    const since = performance.now();
    return {
      check: (bytes) => {
        const ms = performance.now() - since;
        if (this.#waiting.size === 0 || ms < this.#graceMs || bytes * 1000 >= SLOWEST * ms) return;
        throw fault("IMAGES_READER_SLOW", { details: { rate: SLOWEST } });
      },
      [Symbol.dispose]: () => this.#next(),
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(begin);
        reject(signal.reason);
      };
      const begin = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(begin);
    });
  }

  #next(): void {
    const [begin] = this.#waiting;
    if (begin === undefined) {
      this.#taken = false;
      return;
    }
    this.#waiting.delete(begin);
    begin();
  }
}

/** Those of all who ask. */
export const largeHeads = new LargeHeads();

/** What `use` makes of the head of an instance, which nobody holds afterwards. Rejects as `read` does, or with the reason of the signal. */
export async function withHead<Head, Result>(
  item: Pick<CachedItem<unknown>, "whole">,
  signal: AbortSignal,
  read: (limits: HeadLimits) => Promise<Head>,
  use: (head: Head) => Result,
): Promise<Result> {
  const small = await ifSmall(read);
  if (small !== undefined) return use(small);
  // Who has a turn waits for no PACS.
  await item.whole();
  using _ = await largeHeads.take(signal);
  return use(await read(MOST_OF_A_HEAD));
}
