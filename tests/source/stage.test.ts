import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { silent } from "../../appliance/base/index.ts";
import { Destination } from "../../appliance/source/index.ts";
import { Stage } from "../../appliance/source/work/stage.ts";
import type { Exam } from "../../appliance/store/index.ts";

describe("a stage", () => {
  it("does not ask the store again and again while the only due exam is in hand", async () => {
    const queries: string[] = [];
    const release = Promise.withResolvers<void>();
    let due = [{ id: 1 } as Exam];
    const stage = new Stage({
      state: "publishing",
      gate: new Destination({
        name: "DMP",
        faults: /^DMP_/,
        concurrency: 4,
        delays: { firstMs: 10, longestMs: 10 },
        now: Date.now,
      }),
      store: {
        dueExams: async () => {
          queries.push("due");
          return due;
        },
        nextDue: async ({ after }) => {
          queries.push("next");
          expect(after.getTime()).toBeLessThanOrEqual(Date.now());
          return undefined;
        },
      },
      inHand: new Set(),
      onFree: () => stage.wake(),
      longestDelayMs: 1000,
      now: () => new Date(),
      log: silent,
      work: async () => {
        await release.promise;
        return { event: "published" };
      },
      failed: (_exam, fault) => ({ event: "fault", fault }),
      record: async () => {
        due = [];
      },
    });
    stage.start();
    await sleep(300);
    expect(queries).toEqual(["due", "next"]);
    release.resolve();
    await stage.stop();
    expect(due).toEqual([]);
  });
});
