import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { pixelsLimits } from "../../appliance/pixels/limits.ts";
import type { Task, Urgency } from "../../appliance/pixels/model.ts";
import { Pool } from "../../appliance/pixels/pool.ts";

const ACTS = ["echo", "wait", "count", "hold", "throw", "exit", "spin", "eat"] as const;
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

  it.each(["throw", "exit"] as const)("takes none of those with it that wait behind it (%s)", async (act) => {
    const pool = poolOf();
    await run(pool, "echo");
    // Whoever lost a frame asks for the next one at once: the thread is dying.
    const lost = run(pool, act).catch(() => run(pool, "echo"));
    const behind = Array.from({ length: 3 }, () => run(pool, "echo"));
    expect(await Promise.allSettled([lost, ...behind])).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ status: "fulfilled" })),
    );
  });

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

  /** Frames of the largest size, each of which tells when it is read. */
  const unread = (pool: Pool, count: number, urgency: Urgency, signal?: AbortSignal) => {
    const read: number[] = [];
    const length = pixelsLimits.frameBytes;
    const done = Array.from({ length: count }, (_, index) => {
      const source = { length, read: async () => frame("echo", read.push(index)) };
      return pool.run(task, source, { urgency, ...(signal !== undefined && { signal }) }).then(
        () => "served",
        (error: Error) => error.message,
      );
    });
    return { read, done: Promise.all(done) };
  };
  const most = pixelsLimits.waitingBytes / pixelsLimits.frameBytes;

  it("are not read before there is room for them, and all are served", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 200);
    const { read, done } = unread(pool, most + 3, "now");
    await setTimeout(50);
    expect(read).toEqual(Array.from({ length: most }, (_, index) => index));
    expect(await done).toEqual(Array.from({ length: most + 3 }, () => "served"));
    await busy;
  });

  it("for room get it by urgency, and give their turn up when nobody wants them any more", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 200);
    const leaving = new AbortController();
    const first = unread(pool, most, "now");
    const left = unread(pool, 1, "now", leaving.signal);
    const [late, urgent] = [unread(pool, 1, "background"), unread(pool, 1, "now")];
    const order: string[] = [];
    const both = [late.done.then(() => order.push("late")), urgent.done.then(() => order.push("urgent"))];
    leaving.abort(new Error("the reader is gone"));
    expect(await left.done).toEqual(["the reader is gone"]);
    await Promise.all([busy, first.done, ...both]);
    expect([left.read, order]).toEqual([[], ["urgent", "late"]]);
  });

  it("give their room back when they cannot be read", async () => {
    const pool = poolOf();
    const failing = { length: pixelsLimits.frameBytes, read: () => Promise.reject(new Error("the file is gone")) };
    for (let time = 0; time <= most; time += 1) {
      await expect(pool.run(task, failing, { urgency: "now" })).rejects.toThrow("the file is gone");
    }
  });

  it("are refused when there are too many of them", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 200);
    const waiting = Array.from({ length: pixelsLimits.waitingFrames - 1 }, () => run(pool, "echo", "soon"));
    await expect(run(pool, "echo")).rejects.toMatchObject({ code: "PIXELS_BUSY" });
    await Promise.all([busy, ...waiting]);
    await run(pool, "echo");
  });

  it("unread, are told that the house is closing", async () => {
    const pool = poolOf();
    const busy = run(pool, "wait", "now", undefined, 200).catch((error) => error);
    const { done } = unread(pool, most + 1, "now");
    await pool.close();
    expect(await busy).toMatchObject({ code: "PIXELS_CLOSED" });
    expect(new Set(await done)).toEqual(new Set([expect.stringMatching("stopping|s'arrête")]));
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

describe("a thread", () => {
  it("is kept from one frame to the next, and ended after one that took much memory", async () => {
    const pool = poolOf();
    const counts = [];
    for (const act of ["count", "count", "hold", "count"] as const) counts.push((await run(pool, act))[1]);
    expect(counts).toEqual([1, 2, 0, 1]);
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
    const unread = { length: large.length, read: () => Promise.reject(new Error("it was read")) };
    for (const each of [large, unread]) {
      await expect(pool.run(task, each, { urgency: "now" })).rejects.toMatchObject({ code: "PIXELS_TOO_LARGE" });
    }
  });
});
