/** Who may transfer images now: nobody takes all the places, nobody waits for ever, nobody asks without measure. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Admission, type AdmissionLimits } from "../../../appliance/source/images/admission.ts";

const limits: AdmissionLimits = {
  concurrent: 4,
  concurrentPerPeer: 2,
  waitingPerPeer: 3,
  longestWaitMs: 200,
  perMinute: 60,
};
const { signal } = new AbortController();

describe("places", () => {
  it("are so many for one peer, and so many in all", async () => {
    const admission = new Admission(limits);
    for (const peer of ["a", "a", "b", "b"]) await admission.enter(peer, signal);
    expect(admission.running).toBe(4);
    await expect(admission.enter("c", signal)).rejects.toMatchObject({ code: "SOURCE_IMAGES_BUSY" });
  });

  it("are given back once, to the peers in turn", async () => {
    const admission = new Admission(limits);
    const held = await Promise.all(["a", "a", "b", "b"].map((peer) => admission.enter(peer, signal)));
    const order: string[] = [];
    const waiting = ["a", "a", "c", "d"].map(async (peer) => {
      const leave = await admission.enter(peer, signal);
      order.push(peer);
      return leave;
    });
    held[2]?.();
    held[2]?.();
    await sleep(5);
    // A peer that has its share waits behind those that have none.
    expect(order).toEqual(["c"]);
    held[0]?.();
    await sleep(5);
    expect(order).toEqual(["c", "d"]);
    held[1]?.();
    held[3]?.();
    for (const leave of await Promise.all(waiting)) leave();
    expect(admission.running).toBe(0);
  });

  it("are waited for by so many at most", async () => {
    const admission = new Admission(limits);
    const held = [await admission.enter("a", signal), await admission.enter("a", signal)];
    const waiting = Array.from({ length: 3 }, () => admission.enter("a", signal));
    await expect(admission.enter("a", signal)).rejects.toMatchObject({ code: "SOURCE_IMAGES_BUSY" });
    for (const leave of held) leave();
    const [one, two, three] = waiting;
    (await one)!();
    (await two)!();
    (await three)!();
    expect(admission.running).toBe(0);
  });

  it("are not kept for one who left", async () => {
    const admission = new Admission(limits);
    const held = [await admission.enter("a", signal), await admission.enter("a", signal)];
    const leaving = new AbortController();
    const waiting = admission.enter("a", leaving.signal);
    leaving.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await expect(admission.enter("a", leaving.signal)).rejects.toThrow("gone");
    for (const leave of held) leave();
    expect(admission.running).toBe(0);
  });
});

describe("requests", () => {
  it("are so many a minute, and it is said how long to wait", () => {
    const admission = new Admission(limits);
    for (let number = 0; number < 60; number++) admission.count("a");
    expect(() => admission.count("a")).toThrow(
      expect.objectContaining({ code: "SOURCE_TOO_MANY_REQUESTS", details: { seconds: 1 } }),
    );
    admission.count("b");
  });

  it("of thousands of peers are remembered for those who are there", async () => {
    const admission = new Admission(limits);
    const leave = await admission.enter("stays", signal);
    for (let number = 0; number < 5000; number++) admission.count(`peer ${number}`);
    await admission.enter("stays", signal);
    await expect(admission.enter("stays", signal)).rejects.toMatchObject({ code: "SOURCE_IMAGES_BUSY" });
    leave();
  });
});
