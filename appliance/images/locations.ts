import type { CachedItem } from "../cache/index.ts";
import type { FrameLocation } from "../dicom/index.ts";
import { keptFramesOf } from "./headers.ts";
import { type HeadLimits, withHead } from "./large-heads.ts";
import type { InstanceFacts } from "./model.ts";

/** Pieces of frames whose places are remembered: some 100 bytes each. */
const MOST = 100_000;

/** What an instance counts for beside its pieces, so that not too many are remembered. */
const OF_AN_INSTANCE = 1_000;

/** Where the frames of the last instances are, as long as the cache knows these instances: its facts of one are the same object. */
class Remembered {
  readonly #locations = new WeakMap<InstanceFacts, readonly FrameLocation[]>();
  /** The oldest first. */
  readonly #order: { readonly facts: WeakRef<InstanceFacts>; readonly weight: number }[] = [];
  #weight = 0;

  get(facts: InstanceFacts): readonly FrameLocation[] | undefined {
    return this.#locations.get(facts);
  }

  set(facts: InstanceFacts, locations: readonly FrameLocation[]): void {
    const weight = locations.reduce((sum, { pieces }) => sum + pieces.length, OF_AN_INSTANCE);
    if (weight > MOST || this.#locations.has(facts)) return;
    this.#locations.set(facts, locations);
    this.#order.push({ facts: new WeakRef(facts), weight });
    for (this.#weight += weight; this.#weight > MOST; ) {
      const oldest = this.#order.shift()!;
      this.#weight -= oldest.weight;
      const forgotten = oldest.facts.deref();
      if (forgotten !== undefined) this.#locations.delete(forgotten);
    }
  }
}

const remembered = new Remembered();

/** Where the frames of an instance are in the kept bytes: to find one, all before it are walked over, once. Rejects as `keptFramesOf`. */
export async function locationsOf(
  item: CachedItem<InstanceFacts>,
  signal: AbortSignal,
): Promise<readonly FrameLocation[]> {
  const known = remembered.get(item.facts);
  if (known !== undefined) return known;
  const read = (limits: HeadLimits) => keptFramesOf(item, limits);
  const found = await withHead(item, signal, read, ({ locations }) => locations);
  remembered.set(item.facts, found);
  return found;
}
