import { describe, expect, it } from "vitest";
import { within } from "../../appliance/base/index.ts";

describe("work that the system may hold for ever", () => {
  const never = new Promise<never>(() => {});

  it("gives what it gives, in time", async () => {
    expect(await within(Promise.resolve(1), 60_000)).toBe(1);
    await expect(within(Promise.reject(new Error("own")), 60_000)).rejects.toThrow("own");
  });

  it("is left alone when its time is over", async () => {
    await expect(within(never, 1)).rejects.toMatchObject({ code: "ETIMEDOUT" });
  });

  it("is left alone when the signal says so, before or meanwhile", async () => {
    await expect(within(never, 60_000, AbortSignal.abort("before"))).rejects.toBe("before");
    const controller = new AbortController();
    const work = within(never, 60_000, controller.signal);
    controller.abort("meanwhile");
    await expect(work).rejects.toBe("meanwhile");
    // Nobody hears a failure that comes afterwards.
    await expect(within(Promise.reject(new Error("late")), 60_000, AbortSignal.abort("before"))).rejects.toBeDefined();
  });
});
