/** A report of 20 MB at the door: how long it takes to look at, and the longest that it keeps the sockets waiting. */
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createReader } from "../../appliance/source/intake/reader.ts";
import { buildReportMessage, sandboxReport } from "../sandbox/ris.ts";

const PDF_BYTES = 11_000_000;
const RUNS = 5;

/** Medians over some runs, in milliseconds. */
export async function readLargeReport(): Promise<Record<string, number>> {
  const reader = createReader({ defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment: "test" });
  const pdf = new Uint8Array(PDF_BYTES);
  const bytes = buildReportMessage(sandboxReport({ pdf }), { family: "ORU", controlId: "M1" });
  const durations: number[] = [];
  const stalls: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    await sleep(20);
    delay.enable();
    const start = performance.now();
    await reader.examine({ bytes, peer: "127.0.0.1" });
    durations.push(performance.now() - start);
    delay.disable();
    stalls.push(delay.max / 1e6 - 1);
  }
  await reader.close();
  // The first run warms the thread up.
  const median = (figures: number[]) => figures.slice(1).sort((a, b) => a - b)[RUNS >> 1] as number;
  return { report_20mb_examine_ms: median(durations), report_20mb_longest_stall_ms: median(stalls) };
}
