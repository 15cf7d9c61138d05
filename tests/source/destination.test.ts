import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breakerStates, defineErrors } from "../../appliance/base/index.ts";
import { Destination, retryDelay } from "../../appliance/source/index.ts";

const sentence = { fr: "phrase", en: "sentence" };
const { fault } = defineErrors("test", {
  TEST_AWAY: { retry: "later", message: sentence, remedy: sentence },
  OTHER_AWAY: { retry: "later", message: sentence, remedy: sentence },
  TEST_REFUSED: { retry: "human", message: sentence, remedy: sentence },
});

function destination(concurrency = 4) {
  const clock = { now: 0 };
  const made = new Destination({
    name: "DMP",
    faults: /^TEST_/,
    concurrency,
    delays: { firstMs: 1000, longestMs: 60_000 },
    now: () => clock.now,
    random: () => 0.5,
  });
  const fails = () => made.run(() => Promise.reject(fault("TEST_AWAY"))).catch(() => {});
  const succeeds = () => made.run(() => Promise.resolve());
  return { clock, made, fails, succeeds };
}

describe("a destination", () => {
  it("has a breaker with this table", () => {
    expect(breakerStates).toEqual({
      closed: { "failed-enough": "open" },
      open: { cooled: "half-open", succeeded: "closed" },
      "half-open": { succeeded: "closed", "failed-enough": "open" },
    });
  });

  it("is left alone after three failures in a row, and not before", async () => {
    const { made, fails, succeeds } = destination();
    await fails();
    await fails();
    await succeeds();
    await fails();
    await fails();
    expect(made.state).toBe("closed");
    await fails();
    expect(made.state).toBe("open");
    expect(made.room).toBe(0);
    await expect(succeeds()).rejects.toMatchObject({ code: "SOURCE_DESTINATION_PAUSED" });
  });

  it("lets one piece of work try when it has cooled, and waits longer each time that one fails", async () => {
    const { clock, made, fails } = destination();
    for (let failure = 0; failure < 3; failure++) await fails();
    expect(made.opensAgainIn).toBe(1000);
    clock.now = 1000;
    expect(made.state).toBe("half-open");
    expect(made.room).toBe(1);
    await fails();
    expect(made.opensAgainIn).toBe(2000);
  });

  it("restarts slowly after an outage: one, two, four", async () => {
    const { clock, made, fails, succeeds } = destination(8);
    for (let failure = 0; failure < 3; failure++) await fails();
    clock.now = 1000;
    const rooms: number[] = [];
    for (let success = 0; success < 4; success++) {
      rooms.push(made.room);
      await succeeds();
    }
    rooms.push(made.room);
    expect(rooms).toEqual([1, 2, 4, 8, 8]);
  });

  it("is not to blame for a refusal that concerns one exam", async () => {
    const { made } = destination();
    for (let refusal = 0; refusal < 10; refusal++) {
      await made.run(() => Promise.reject(fault("TEST_REFUSED"))).catch(() => {});
    }
    expect(made.state).toBe("closed");
  });

  it("is not to blame for what fails elsewhere on the way to it", async () => {
    const { made } = destination();
    for (let failure = 0; failure < 10; failure++) {
      await made.run(() => Promise.reject(fault("OTHER_AWAY"))).catch(() => {});
    }
    expect(made.state).toBe("closed");
  });

  it("never runs more than its room at a time", async () => {
    const { made } = destination(3);
    const releases: (() => void)[] = [];
    const started = Array.from({ length: 3 }, () =>
      made.run(() => new Promise<void>((resolve) => releases.push(resolve))),
    );
    expect(made.room).toBe(0);
    await expect(made.run(() => Promise.resolve())).rejects.toMatchObject({ code: "SOURCE_DESTINATION_PAUSED" });
    for (const release of releases) release();
    await Promise.all(started);
    expect(made.room).toBe(3);
  });
});

describe("the delay between tries", () => {
  it("grows to its ceiling with a jitter of a quarter either way, whatever the attempt", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, random) => {
        const delay = retryDelay(attempts, { firstMs: 1000, longestMs: 60_000 }, random);
        const plain = Math.min(60_000, 1000 * 2 ** Math.min(attempts, 30));
        expect(delay).toBeGreaterThanOrEqual(Math.floor(plain * 0.75));
        expect(delay).toBeLessThanOrEqual(Math.ceil(plain * 1.25));
      }),
    );
  });
});
