import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ahead } from "../../appliance/images/ahead.ts";

/** Numbers that come after so many milliseconds each; it then ends, or fails. */
async function* coming(waits: readonly number[], end?: Error): AsyncGenerator<number> {
  for (const [index, wait] of waits.entries()) {
    if (wait > 0) await sleep(wait);
    yield index;
  }
  if (end !== undefined) throw end;
}

const waits = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });

it("gives all in their order, never more of them at work than it may, and what failed the source after them", async () => {
  await fc.assert(
    fc.asyncProperty(waits, waits, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (arrive, work, most, fails) => {
      let atWork = 0;
      let mostAtWork = 0;
      const given: number[] = [];
      const make = async (one: number) => {
        mostAtWork = Math.max(mostAtWork, ++atWork);
        await sleep(work[one] ?? 0);
        atWork -= 1;
        return one;
      };
      const end = fails ? new Error("no more") : undefined;
      const read = async () => {
        for await (const one of ahead(coming(arrive, end), most, make)) given.push(one);
      };
      await (fails ? expect(read()).rejects.toBe(end) : read());
      expect(given).toEqual(arrive.map((_, index) => index));
      expect(mostAtWork).toBeLessThanOrEqual(most);
    }),
    { numRuns: 60 },
  );
});

it("throws what could not be made in its turn, and discards what was made behind it", async () => {
  const discarded: number[] = [];
  const given: number[] = [];
  const make = async (one: number) => {
    if (one === 2) throw new Error("not this one");
    return one;
  };
  const read = async () => {
    const all = ahead(coming([0, 0, 0, 0, 0, 0]), 3, make, async (one) => void discarded.push(one));
    for await (const one of all) given.push(one);
  };
  await expect(read()).rejects.toThrow("not this one");
  expect(given).toEqual([0, 1]);
  expect(discarded.every((one) => one > 2)).toBe(true);
});

it("discards all that was made for one who leaves early, once, and does not wait for a source that gives nothing more", async () => {
  const made: number[] = [];
  const discarded: number[] = [];
  async function* endless(): AsyncGenerator<number> {
    yield* [0, 1, 2];
    await new Promise(() => {});
  }
  const make = async (one: number) => {
    made.push(one);
    await sleep(2);
    return one;
  };
  for await (const one of ahead(endless(), 3, make, async (left) => void discarded.push(left))) {
    expect(one).toBe(0);
    await sleep(5);
    break;
  }
  await sleep(5);
  expect([...discarded].sort()).toEqual(made.filter((one) => one !== 0).sort());
  expect(made.length).toBeGreaterThan(1);
});

it("gives what is ready though the next does not come", async () => {
  async function* stalled(): AsyncGenerator<number> {
    yield 0;
    await new Promise(() => {});
  }
  const all = ahead(stalled(), 4, async (one) => one);
  expect(await all.next()).toEqual({ done: false, value: 0 });
  await all.return(undefined);
});

it("lets go at once of one who leaves while what is made behind it does not come", async () => {
  const make = async (one: number) => {
    if (one > 0) await new Promise(() => {});
    else await sleep(2);
    return one;
  };
  for await (const one of ahead(coming([0, 0, 0]), 3, make)) {
    expect(one).toBe(0);
    break;
  }
});
