import type { Logger } from "../../base/index.ts";
import type { Check, CheckState, Finding } from "./check.ts";

/** A finding is good for this long: readers may come every second, outside systems are asked less often. */
const FRESH_MS = 15_000;
/** A check that has not answered by then has found that something hangs. */
const CHECK_TIMEOUT_MS = 10_000;

export interface BoardEntry extends Finding {
  readonly id: string;
}

export interface Board {
  /** All findings, none older than a quarter of a minute; the checks run side by side. */
  read(): Promise<{ readonly state: CheckState; readonly checks: readonly BoardEntry[] }>;
}

/** The one list of checks behind `/health/ready`, the status command and, later, the home page of the console. */
export function createBoard(checks: readonly Check[], log: Logger): Board {
  let reading: Promise<BoardEntry[]> | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    async read() {
      // Elapsed time: the time of day is one of the things being checked.
      if (reading === undefined || performance.now() - readAt > FRESH_MS) {
        readAt = performance.now();
        reading = Promise.all(checks.map((check) => runOne(check, log)));
      }
      const entries = await reading;
      const worst = entries.some((entry) => entry.state === "error")
        ? "error"
        : entries.some(isWarning)
          ? "warning"
          : "ok";
      return { state: worst, checks: entries };
    },
  };
}

function isWarning(entry: BoardEntry): boolean {
  return entry.state === "warning";
}

async function runOne(check: Check, log: Logger): Promise<BoardEntry> {
  const started = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  const late = new Promise<Finding>((resolve) => started.addEventListener("abort", () => resolve(noAnswer)));
  try {
    return { id: check.id, ...(await Promise.race([check.run(), late])) };
  } catch (error) {
    log.error({ error, check: check.id }, "check failed");
    return { id: check.id, ...failed };
  }
}

const noAnswer: Finding = {
  state: "error",
  message: { fr: "Le contrôle n'a pas répondu à temps.", en: "The check did not answer in time." },
};
const failed: Finding = {
  state: "error",
  message: { fr: "Le contrôle lui-même a échoué.", en: "The check itself failed." },
  remedy: { fr: "Lire le journal technique.", en: "Read the technical log." },
};
