import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { pixelsLimits } from "../../appliance/pixels/limits.ts";
import type { Task, Urgency } from "../../appliance/pixels/model.ts";
import { Pool } from "../../appliance/pixels/pool.ts";

const ACTS = ["echo", "wait", "throw", "exit", "spin", "eat"] as const;
type Act = (typeof ACTS)[number];

/** The worker of these tests looks at the frame only. */
const task = {} as Task;
const entry = new URL("./fragile-worker.ts", import.meta.url);
const pools: Pool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function poolOf({ workers = 1, frameMs = 5_000 } = {}): Pool {
  const pool = new Pool({ workers, frameMs, entry });
  pools.push(pool);
  return pool;
}

const frame = (act: Act, more = 0) => Uint8Array.of(ACTS.indexOf(act), more);
const run = (pool: Pool, act: Act, urgency: Urgency = "now", signal?: AbortSignal, more = 0) =>
  pool.run(task, frame(act, more), { urgency, ...(signal !== undefined && { signal }) });

describe("a frame that kills its worker", () => {
  it.each([
    ["throws", "throw", "PIXELS_WORKER_DIED"],
    ["ends the thread", "exit", "PIXELS_WORKER_DIED"],
    ["takes all memory", "eat", "PIXELS_WORKER_DIED"],
    ["never ends", "spin", "PIXELS_TOO_SLOW"],
  ] as const)(
    "is told as such, and the next one is served: one that %s",
    { timeout: 120_000 },
    async (_, act, code) => {
      const pool = poolOf({ frameMs: act === "spin" ? 300 : 60_000 });
      const lost = run(pool, act);
      const next = run(pool, "echo");
      await expect(lost).rejects.toMatchObject({ code });
      expect([...(await next)]).toEqual([...frame("echo")]);
    },
  );

  it("does not touch the frame that another thread has", async () => {
    const pool = poolOf({ workers: 2 });
    const other = run(pool, "wait", "now", undefined, 200);
    await expect(run(pool, "throw")).rejects.toMatchObject({ code: "PIXELS_WORKER_DIED" });
    expect((await other)[1]).toBe(200);
  });
});

describe("frames that wait", () => {
  it("go by urgency, and among their like by their order", async () => {
    const pool = poolOf();
    const served: string[] = [];
    const first = run(pool, "wait", "background", undefined, 100);
    const rest = (["background", "soon", "now", "soon", "now"] as const).map(async (urgency, index) => {
      await run(pool, "echo", urgency);
      served.push(`${urgency} ${index}`);
    });
    await Promise.all([first, ...rest]);
    expect(served).toEqual(["now 2", "now 4", "soon 1", "soon 3", "background 0"]);
  });

  it("leave the queue when nobody wants them any more", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 100);
    const leaving = new AbortController();
    const left = run(pool, "spin", "now", leaving.signal);
    leaving.abort(new Error("the reader is gone"));
    await expect(left).rejects.toThrow("the reader is gone");
    await busy;
    await run(pool, "echo");
  });

  it("and one that is under way is not waited for", async () => {
    const pool = poolOf();
    const leaving = new AbortController();
    const left = run(pool, "wait", "now", leaving.signal, 200);
    await setTimeout(20);
    leaving.abort(new Error("the reader is gone"));
    await expect(left).rejects.toThrow("the reader is gone");
    await run(pool, "echo");
  });

  it("are refused when too many bytes wait already", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 250);
    const large = pixelsLimits.frameBytes;
    const waiting = Array.from({ length: pixelsLimits.waitingBytes / large }, () =>
      pool.run(task, new Uint8Array(large), { urgency: "now" }).catch((error) => error),
    );
    await expect(run(pool, "echo")).rejects.toMatchObject({ code: "PIXELS_BUSY" });
    await busy;
    await pool.close();
    expect(await Promise.all(waiting)).toHaveLength(4);
  });

  it("are told that the house is closing", async () => {
    const pool = poolOf();
    const both = [run(pool, "spin"), run(pool, "echo")];
    const told = Promise.allSettled(both);
    await pool.close();
    expect(await told).toMatchObject([
      { status: "rejected", reason: { code: "PIXELS_CLOSED" } },
      { status: "rejected", reason: { code: "PIXELS_CLOSED" } },
    ]);
    await expect(run(pool, "echo")).rejects.toMatchObject({ code: "PIXELS_CLOSED" });
  });
});

describe("the bytes of a frame", () => {
  it("are given away when they are alone in their buffer, and copied when they are not", async () => {
    const pool = poolOf();
    const alone = frame("echo");
    await pool.run(task, alone, { urgency: "now" });
    expect(alone.length).toBe(0);
    const shared = new Uint8Array(10).subarray(2, 6);
    await pool.run(task, shared, { urgency: "now" });
    expect(shared.length).toBe(4);
  });

  it("are refused when there are too many", async () => {
    const pool = poolOf();
    const large = new Uint8Array(pixelsLimits.frameBytes + 1);
    await expect(pool.run(task, large, { urgency: "now" })).rejects.toMatchObject({ code: "PIXELS_TOO_LARGE" });
  });
});
