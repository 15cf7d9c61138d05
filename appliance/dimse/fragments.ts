/** One fragment of a data set: the pieces it is made of, not joined. */
export interface Fragment {
  readonly pieces: readonly Uint8Array[];
  readonly last: boolean;
}

/** A data set to send: whole, or as it comes. A chunk must not change after it was handed over. */
export type MessageData = Uint8Array | AsyncIterable<Uint8Array>;

const PADDING = new Uint8Array(1);

/** Cuts bytes into fragments of at most `maximum` (an even number); the last is padded to an even length. */
export function* fragmentBytes(bytes: Uint8Array, maximum: number): Generator<Fragment> {
  let offset = 0;
  while (bytes.length - offset > maximum) {
    yield { pieces: [bytes.subarray(offset, offset + maximum)], last: false };
    offset += maximum;
  }
  const rest = bytes.subarray(offset);
  yield { pieces: rest.length % 2 === 0 ? [rest] : [rest, PADDING], last: true };
}

/**
 * The same for chunks of any size. A fragment leaves only when a byte behind it is known, as the last one must say that
 * it is. Fragments are even (PS3.8 E.2): every one is full but the last, and that one is padded.
 */
export async function* fragmentStream(chunks: AsyncIterable<Uint8Array>, maximum: number): AsyncGenerator<Fragment> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let offset = 0;
    while (length + chunk.length - offset > maximum) {
      const taken = maximum - length;
      yield { pieces: [...pieces, chunk.subarray(offset, offset + taken)], last: false };
      pieces = [];
      length = 0;
      offset += taken;
    }
    if (offset < chunk.length) pieces.push(chunk.subarray(offset));
    length += chunk.length - offset;
  }
  yield { pieces: length % 2 === 0 ? pieces : [...pieces, PADDING], last: true };
}
