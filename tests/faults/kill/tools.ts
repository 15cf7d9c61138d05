/** The operator's long work, begun at random while all the rest goes on. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";

/** Answers of a box that lives. */
const TIMEOUT_MS = 2_000;

export interface Operator {
  /** Asks for work until `enough`; gives how often each kind was begun. */
  work(dice: Random, enough: AbortSignal): Promise<Readonly<Record<string, number>>>;
  /** Begins one of each kind. */
  all(): Promise<void>;
}

type Asked =
  | { readonly kind: "resync"; readonly force?: true }
  | { readonly kind: "readdress" }
  | { readonly kind: "export"; readonly folder: string };

/** An operator at the local API, at `socketPath`; archives go to folders whose names begin with `folder`. */
export function operatorAt(socketPath: string, folder: string): Operator {
  // `force` is the word of an administrator: what the PACS has no more is gone.
  const jobs: readonly [Asked, ...Asked[]] = [
    { kind: "resync" },
    { kind: "resync", force: true },
    { kind: "readdress" },
    { kind: "export", folder },
  ];
  let exports = 0;

  /** False when it was not begun: the box is dead, its disk full, or such a job goes on. */
  async function ask(job: Asked): Promise<boolean> {
    try {
      const outgoing = request({ socketPath, method: "POST", path: "/jobs", timeout: TIMEOUT_MS });
      outgoing.on("timeout", () => outgoing.destroy()).setHeader("Content-Type", "application/json");
      // Each export has a folder of its own.
      outgoing.end(JSON.stringify(job.kind === "export" ? { ...job, folder: `${folder}-${++exports}` } : job));
      const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
      await text(answer);
      return answer.statusCode === 200;
    } catch {
      return false;
    }
  }

  return {
    async work(dice, enough) {
      const begun: Record<string, number> = {};
      while (!enough.aborted) {
        await sleep(dice.between(500, 4000));
        const job = dice.pick(jobs);
        if (await ask(job)) begun[job.kind] = (begun[job.kind] ?? 0) + 1;
      }
      return begun;
    },
    async all() {
      for (const job of jobs) await ask(job);
    },
  };
}
