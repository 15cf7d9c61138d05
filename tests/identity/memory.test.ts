import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../../appliance/base/index.ts";
import { useStand } from "./stand.ts";

const stand = useStand();
const inactive = expect.objectContaining({ code: "IDENTITY_TOKEN_INACTIVE" });

describe("a token that was asked about", () => {
  it("is asked about once by 200 who come together, and not again by those who come later", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    const token = await psc.issue("physician");
    const { introspection, userinfo } = psc.asked;
    const together = await Promise.all(Array.from({ length: 200 }, () => check(token)));
    expect(new Set(together).size).toBe(1);
    await check(token);
    expect(psc.asked).toMatchObject({ introspection: introspection + 1, userinfo: userinfo + 1 });
  });

  it("answers for nobody else, however many come together", async () => {
    const { gate, psc } = stand();
    const { check } = gate();
    const names = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? "physician" : "radiologist"));
    const tokens = await Promise.all(names.map((name) => psc.issue(name)));
    const known = await Promise.all(tokens.map((token) => check(token)));
    expect(known.map(({ exercises }) => exercises[0]?.speciality)).toEqual(
      names.map((name) => (name === "physician" ? "SM54" : "SM44")),
    );
  });

  it("is asked about again after the configured time: a revocation is noticed", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate({ cacheSeconds: 10 });
    const token = await psc.issue("physician");
    await check(token);
    psc.revoke(token);
    clock.ticks += 9_900;
    expect(await check(token)).toBeDefined();
    clock.ticks += 100;
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("is asked about every time when nothing is to be remembered", async () => {
    const { gate, psc } = stand();
    const { check } = gate({ cacheSeconds: 0 });
    const token = await psc.issue("physician");
    await check(token);
    psc.revoke(token);
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("is never known beyond its end, whatever the configured time", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate({ cacheSeconds: 120 });
    const token = await psc.issue("physician", { expiresIn: 20 });
    await check(token);
    psc.expire(token);
    clock.ticks += 20_000;
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("is over when its end has come while the machine slept", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate();
    const token = await psc.issue("physician");
    await check(token);
    psc.expire(token);
    clock.time += 120_000;
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("lives no longer because the time of day was set back", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate({ cacheSeconds: 10 });
    const token = await psc.issue("physician");
    await check(token);
    psc.revoke(token);
    clock.ticks += 10_000;
    clock.time -= 3_600_000;
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("is as old as the question, not as the answer", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate({ cacheSeconds: 10 });
    const token = await psc.issue("physician");
    psc.suffer({ kind: "slow", ms: 50 }, "userinfo");
    const asked = check(token);
    clock.ticks += 9_000;
    await asked;
    psc.recover();
    psc.revoke(token);
    clock.ticks += 1_000;
    await expect(check(token)).rejects.toEqual(inactive);
  });

  it("and refused is not asked about at each try, but may be right some seconds later", async () => {
    const { gate, psc, clock } = stand();
    const { check } = gate();
    const token = await psc.issue("nurse");
    const asked = psc.asked.introspection;
    for (let time = 0; time < 5; time++)
      await expect(check(token)).rejects.toMatchObject({ code: "IDENTITY_PROFESSION_REFUSED" });
    expect(psc.asked.introspection).toBe(asked + 1);
    clock.ticks += 5_000;
    await expect(check(token)).rejects.toMatchObject({ code: "IDENTITY_PROFESSION_REFUSED" });
    expect(psc.asked.introspection).toBe(asked + 2);
  });

  it("is not remembered by its own text", async () => {
    const kept: string[] = [];
    const { keep } = Memory.prototype;
    Memory.prototype.keep = function (key, ...rest) {
      kept.push(key);
      keep.call(this, key, ...rest);
    };
    try {
      const { gate, psc } = stand();
      const token = await psc.issue("physician");
      await gate().check(token);
      expect(kept).toHaveLength(1);
      expect(kept.join()).not.toContain(token);
    } finally {
      Memory.prototype.keep = keep;
    }
  });
});

describe("the memory", () => {
  it("never gives what is over, nor more than it may hold, whatever is done with it", () => {
    const step = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e"), life: fc.integer({ min: -2, max: 6 }) });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), step), { maxLength: 60 }), (steps) => {
        let now = 0;
        const memory = new Memory<number>(3, () => now);
        const model = new Map<string, number>();
        for (const [keeps, { key, life }] of steps) {
          now += 1;
          if (keeps) {
            memory.keep(key, now + life, now + life);
            if (life > 0) model.set(key, now + life);
          } else {
            const until = memory.get(key);
            if (until !== undefined) expect(until).toBe(model.get(key));
            if (until !== undefined) expect(until).toBeGreaterThan(now);
          }
        }
        expect(["a", "b", "c", "d", "e"].filter((key) => memory.get(key) !== undefined).length).toBeLessThanOrEqual(3);
      }),
    );
  });

  it("forgets first what was used longest ago", () => {
    const memory = new Memory<string>(2, () => 0);
    memory.keep("a", "A", 1);
    memory.keep("b", "B", 1);
    memory.get("a");
    memory.keep("c", "C", 1);
    expect(["a", "b", "c"].map((key) => memory.get(key))).toEqual(["A", undefined, "C"]);
  });
});
