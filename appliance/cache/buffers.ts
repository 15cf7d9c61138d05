/** Bytes that are collected before they go to the disk in one call. */
export const COLLECTED = 256 * 1024;

/** Buffers that are kept for the next item: some more than there are items written at the same time. */
const SPARE = 16;

const spare: Buffer[] = [];

export function takeBuffer(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(COLLECTED);
}

/** Nothing may look at it any more. */
export function giveBack(buffer: Buffer): void {
  if (spare.length < SPARE) spare.push(buffer);
}
