/** Whatever happens at the same time: the cache against a model of what may be read. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type EntryReader, type EntryWriter, type ImageCache, openCache } from "../../appliance/cache/index.ts";
import { bytesOf, descriptorsInto } from "./support.ts";

/** What an item says of itself: which fill wrote it, for whom, and how long it is to be. */
interface Facts {
  readonly fill: number;
  readonly group: string;
  readonly key: string;
  readonly size: number;
}

interface PlannedItem {
  readonly size: number;
  /** Begun once in vain, with bytes of which none may be seen in the second. */
  readonly givenUpFirst: boolean;
  readonly together: boolean;
}

interface Act {
  readonly group: string;
  readonly key: string;
  readonly after: number;
  readonly does: "reads" | "reads slowly" | "finds" | "takes a part" | "leaves" | "is cut off" | "withdraws";
  readonly items: readonly PlannedItem[];
  /** The fill throws after so many items. */
  readonly failsAfter: number | undefined;
}

const MAXIMUM_BYTES = 1_500_000;
const GROUPS = ["g1", "g2"];
const KEYS = ["k1", "k2", "k3"];

const item = fc.record<PlannedItem>({
  size: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 250_000, max: 700_000 }) },
  ),
  givenUpFirst: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  together: fc.boolean(),
});
const act = fc.record<Act>({
  group: fc.constantFrom(...GROUPS),
  key: fc.constantFrom(...KEYS),
  after: fc.integer({ min: 0, max: 25 }),
  does: fc.constantFrom<Act["does"][]>(
    "reads",
    "reads",
    "reads slowly",
    "finds",
    "takes a part",
    "leaves",
    "is cut off",
    "withdraws",
  ),
  items: fc.array(item, { maxLength: 4 }),
  failsAfter: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4, nil: undefined }),
});
/** Between two lives the box is stopped; or it is found again as it was in the middle of everything, as after a kill. */
const life = fc.record({ acts: fc.array(act, { minLength: 1, maxLength: 10 }), killedAfter: fc.option(fc.nat(25)) });

const nameOf = (index: number) => `item ${index}`;
const contentOf = (name: string, { fill, group, key, size }: Facts) =>
  bytesOf([fill, group, key, name].join("/"), size);

/** What was done so far, and what may therefore be seen. */
class World {
  #fills = 0;
  /** Number of the last fill that was withdrawn, by group: as soon as it is said, and once it is done. */
  readonly withdrawn = new Map<string, number>();
  readonly removed = new Map<string, number>();
  readonly plans = new Map<number, Act>();

  async withdraw(cache: ImageCache<Facts>, group: string): Promise<void> {
    const fills = this.#fills;
    this.withdrawn.set(group, fills);
    await cache.withdraw(group);
    this.removed.set(group, Math.max(fills, this.removed.get(group) ?? 0));
  }

  fillOf(plan: Act): (entry: EntryWriter<Facts>, signal: AbortSignal) => Promise<void> {
    return async (entry, signal) => {
      this.#fills += 1;
      const fill = this.#fills;
      this.plans.set(fill, plan);
      const { group, key, items, failsAfter } = plan;
      const under: Promise<void>[] = [];
      for (const [index, planned] of items.entries()) {
        if (index === failsAfter) throw new Error("the source failed");
        if (index % 2 === 0) signal.throwIfAborted();
        const written = writeItem(entry, nameOf(index), { fill, group, key, size: planned.size }, planned);
        written.catch(() => {});
        under.push(written);
        if (!planned.together) await written;
      }
      await Promise.all(under);
      if (failsAfter !== undefined) throw new Error("the source failed");
      entry.note(fill);
    };
  }
}

async function writeItem(entry: EntryWriter<Facts>, name: string, facts: Facts, { givenUpFirst }: PlannedItem) {
  if (givenUpFirst) {
    const vain = await entry.add(name, facts);
    await vain.write(Buffer.alloc(facts.size, "wrong"));
    await vain.abort();
  }
  const writer = await entry.add(name, facts);
  const bytes = contentOf(name, facts);
  for (let at = 0; at < bytes.length; ) {
    // The buffer is used for something else once the write has resolved.
    const piece = Buffer.from(bytes.subarray(at, at + 1 + Math.floor(bytes.length / 3)));
    await writer.write(piece);
    at += piece.length;
    piece.fill(0xff);
  }
  await writer.end();
}

/** One who asks, and checks all he gets against what he may get. */
async function perform(world: World, cache: ImageCache<Facts>, plan: Act): Promise<void> {
  const { group, key, after, does } = plan;
  await sleep(after);
  if (does === "withdraws") return world.withdraw(cache, group);
  const cut = does === "is cut off" ? AbortSignal.timeout(5) : undefined;
  await using reader = await cache.open(key, group, world.fillOf(plan), cut === undefined ? {} : { signal: cut });
  if (does === "leaves") return;
  const checker = new Checker(world, plan, world.withdrawn);
  if (does === "finds" || does === "takes a part") {
    const found = await reader.find(nameOf(1));
    if (found === undefined) return checker.endsWithout(nameOf(1));
    const range = does === "finds" ? {} : { start: 100, end: 30_000 };
    return await checker.readsItem(found, range, 0);
  }
  await checker.readsAll(reader, does === "reads slowly" ? 3 : 0);
}

class Checker {
  readonly #world: World;
  readonly #asked: Pick<Act, "group" | "key">;
  readonly #withdrawn: ReadonlyMap<string, number>;
  #fill: number | undefined;

  constructor(world: World, asked: Pick<Act, "group" | "key">, withdrawn: ReadonlyMap<string, number>) {
    this.#world = world;
    this.#asked = asked;
    this.#withdrawn = withdrawn;
  }

  async readsAll(reader: EntryReader<Facts>, pauseMs: number): Promise<void> {
    const names: string[] = [];
    await using items = reader.items();
    for (;;) {
      const last = this.#lastWithdrawn();
      const { value, done } = await items.next();
      if (done) break;
      this.#isAllowed(value, last);
      await this.readsItem(value, {}, pauseMs);
      names.push(value.name);
    }
    // An entry that comes to its end is all that its fill was to bring.
    const plan = this.#plan();
    if (plan === undefined) return expect(names).toEqual([]);
    expect(plan.failsAfter).toBeUndefined();
    expect(names.sort()).toEqual(plan.items.map((_, index) => nameOf(index)));
  }

  async readsItem(
    item: NonNullable<Awaited<ReturnType<EntryReader<Facts>["find"]>>>,
    range: { start?: number; end?: number },
    pauseMs: number,
  ): Promise<void> {
    const expected = contentOf(item.name, item.facts).subarray(range.start ?? 0, range.end);
    await using pieces = item.read(range);
    let at = 0;
    for (;;) {
      const last = this.#lastWithdrawn();
      const { value, done } = await pieces.next();
      this.#isAllowed(item, done ? undefined : last);
      if (done) break;
      expect(value.equals(expected.subarray(at, at + value.length))).toBe(true);
      at += value.length;
      if (pauseMs > 0) await sleep(pauseMs);
    }
    expect(at).toBe(expected.length);
  }

  endsWithout(name: string): void {
    const plans = [...this.#world.plans.values()].filter((plan) => this.#isAskedFor(plan));
    expect(plans.some(({ items }) => !items.some((_, index) => nameOf(index) === name))).toBe(true);
  }

  /** Of the asked entry, of one fill only, and of none that had been withdrawn before it was asked for. */
  #isAllowed({ facts }: { readonly facts: Facts }, withdrawn: number | undefined): void {
    expect(this.#isAskedFor(facts)).toBe(true);
    this.#fill ??= facts.fill;
    expect(facts.fill).toBe(this.#fill);
    if (withdrawn !== undefined) expect(facts.fill).toBeGreaterThan(withdrawn);
  }

  #isAskedFor({ group, key }: { readonly group: string; readonly key: string }): boolean {
    return group === this.#asked.group && key === this.#asked.key;
  }

  #lastWithdrawn(): number {
    return this.#withdrawn.get(this.#asked.group) ?? 0;
  }

  #plan(): Act | undefined {
    return this.#fill === undefined ? undefined : this.#world.plans.get(this.#fill);
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cache-model-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (path: string) => openCache<Facts>({ folder: path, maximumBytes: MAXIMUM_BYTES, maximumAgeMs: 1e9 });
const never = async () => {
  throw new Error("it was to be there");
};

/** What the next start finds is whole, and had not been withdrawn. */
async function checkKept(world: World, path: string, withdrawn: ReadonlyMap<string, number>): Promise<void> {
  const cache = await open(path);
  for (const group of GROUPS) {
    for (const { key, complete } of cache.entriesOf(group)) {
      expect(complete).toBe(true);
      await using reader = await cache.open(key, group, never);
      await new Checker(world, { group, key }, withdrawn).readsAll(reader, 0);
    }
  }
  await cache.close();
}

/** A copy of the folder as a kill at this moment leaves it, and what had been withdrawn by then. */
function killedCopy(world: World, path: string): { copy: string; removed: ReadonlyMap<string, number> } {
  for (;;) {
    const copy = mkdtempSync(join(folder, "killed-"));
    const removed = new Map(world.removed);
    try {
      cpSync(path, copy, { recursive: true });
      return { copy, removed };
    } catch (error) {
      // The disk goes on while it is copied: again.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

describe("whatever happens at the same time", () => {
  it("nobody reads a byte of another item, a short item, or anything after a withdrawal; nothing is left open", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 3 }), async (lives) => {
        const own = mkdtempSync(join(folder, "run-"));
        const world = new World();
        for (const { acts, killedAfter } of lives) {
          const cache = await open(own);
          const performed = Promise.allSettled(acts.map((one) => perform(world, cache, one)));
          if (killedAfter !== null) {
            await sleep(killedAfter);
            const { copy, removed } = killedCopy(world, own);
            await checkKept(world, copy, removed);
          }
          for (const result of await performed) {
            if (result.status === "fulfilled") continue;
            const { code, name, message } = result.reason as { code?: unknown; name: string; message: string };
            expect([typeof code === "string" ? code : name === "TimeoutError" ? name : message]).toEqual([
              expect.stringMatching(/^(CACHE_(WITHDRAWN|INTERRUPTED|FULL)|TimeoutError|the source failed)$/),
            ]);
          }
          expect(cache.usage().bytes).toBeLessThanOrEqual(MAXIMUM_BYTES);
          await cache.close();
        }
        await checkKept(world, own, world.removed);
        const cache = await open(own);
        for (const group of GROUPS) await cache.withdraw(group);
        expect([cache.usage(), readdirSync(own)]).toEqual([{ bytes: 0, entries: 0 }, []]);
        await cache.close();
        expect(descriptorsInto(folder)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  }, 500_000);
});
