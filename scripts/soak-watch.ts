/** What a running box weighs, sampled from outside, and whether it grows. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly rss_mb: number;
  readonly heap_mb: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly wal_mb: number;
  /** Delays of the event loop since the sample before. The longest tells more of the machine's other work than of ours. */
  readonly event_loop_p99_ms: number;
  readonly event_loop_max_ms: number;
  readonly disk_mb: number;
}

const MEGABYTE = 1024 * 1024;

/** Samples the process `pid`, whose data are in `folder` and whose metrics at `metrics`. */
export async function sample(pid: number, folder: string, metrics: string, at: number): Promise<Sample> {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const text = await (await fetch(metrics)).text();
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => ({
    name,
    size: statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
  }));
  const megabytes = (chosen: typeof files) => chosen.reduce((sum, { size }) => sum + size, 0) / MEGABYTE;
  return {
    at,
    rss_mb: field(status, /^VmRSS:\s+(\d+) kB$/m) / 1024,
    heap_mb: field(text, /^nodejs_heap_size_used_bytes (\S+)$/m) / MEGABYTE,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: field(status, /^Threads:\s+(\d+)$/m),
    wal_mb: megabytes(files.filter(({ name }) => name.endsWith("-wal"))),
    event_loop_p99_ms: field(text, /^nodejs_eventloop_lag_p99_seconds (\S+)$/m) * 1000,
    event_loop_max_ms: field(text, /^nodejs_eventloop_lag_max_seconds (\S+)$/m) * 1000,
    disk_mb: megabytes(files),
  };
}

function field(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? Number.NaN);
}

export interface Trend {
  readonly median: number;
  readonly max: number;
  /** Growth an hour, by the straight line through the samples. */
  readonly an_hour: number;
  readonly flat: boolean;
}

/** The first part of a run is not judged: caches fill, code is compiled. */
const WARM_UP = 1 / 3;
/** Growth within the window that is still called flat, as a part of the median. */
const TOLERANCE = 0.05;
/** Standard errors of a slope that chance makes: one run in a thousand. */
const CHANCE = 3.3;

/**
 * Whether a figure grows after the warm-up: a line by least squares; it grows when the part of its slope that chance does not
 * explain adds more than the tolerance to the median over the window.
 */
export function trendOf(samples: readonly Sample[], name: keyof Sample): Trend {
  const end = samples.at(-1)?.at ?? 0;
  const judged = samples.filter(({ at }) => at >= end * WARM_UP);
  const times = judged.map(({ at }) => at);
  const values = judged.map((one) => one[name]);
  const [meanTime, mean] = [average(times), average(values)];
  const spread = sum(times.map((time) => (time - meanTime) ** 2));
  const slope = sum(values.map((value, index) => (value - mean) * ((times[index] ?? 0) - meanTime))) / spread;
  const residual = values.map((value, index) => value - mean - slope * ((times[index] ?? 0) - meanTime));
  const error = Math.sqrt(sum(residual.map((one) => one ** 2)) / (values.length - 2) / spread);
  const median = values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const certain = (slope - CHANCE * error) * (end * (1 - WARM_UP));
  return { median, max: Math.max(...values), an_hour: slope * 3600, flat: certain <= TOLERANCE * median };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function average(values: readonly number[]): number {
  return sum(values) / values.length;
}
