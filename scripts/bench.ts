/**
 * Every measurement of the product, its peers beside it, in one run: `npm run bench -- --json FILE [name...]`.
 * Each measurement has a process of its own, so that none warms or burdens the next. The file holds one number a metric.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The bars of the project, where there is one. Ratios are ours over theirs, in speed. */
const bars: Readonly<Record<string, { readonly atLeast: number } | { readonly atMost: number }>> = {
  audit_verify_1m_s: { atMost: 10 },
  counts_1m_ms: { atMost: 10 },
  dimse_receive_ct_vs_orthanc: { atLeast: 3 },
  dimse_receive_ct_vs_storescp: { atLeast: 0.5 },
  exam_search_1m_ms: { atMost: 100 },
  kos_encode_10000_ms: { atMost: 100 },
  kos_encode_longest_stall_ms: { atMost: 20 },
  loop_stall_p99_ms: { atMost: 20 },
  metadata_4000_vs_orthanc: { atMost: 0.5 },
  mllp_ack_p99_ms: { atMost: 50 },
  parallel_20_series_fairness: { atMost: 1.5 },
  queue_1m_rows_slowdown: { atMost: 1.2 },
  queue_durable_jobs_per_s: { atLeast: 2000 },
  report_to_queued_4000_ms: { atMost: 1000 },
  report_20mb_longest_stall_ms: { atMost: 20 },
  rss_receiving_4_studies_mb: { atMost: 256 },
  rss_serving_5000_instances_mb: { atMost: 256 },
  start_to_ready_ms: { atMost: 5000 },
  wado_first_image_cold_ms: { atMost: 1000 },
  wado_first_image_warm_ms: { atMost: 10 },
  wado_mbit_per_s: { atLeast: 1000 },
  wado_series_cold_vs_pacs_cmove: { atMost: 1.15 },
  wado_series_cold_vs_pacs_cmove_1gbit: { atMost: 1.15 },
  wado_series_warm_vs_orthanc: { atLeast: 0.9 },
};

/** Measurements by name: a module here, and its function that gives figures. */
const measurements = {
  audit: async () => (await import("./bench/audit.ts")).benchAudit(),
  cache: async () => (await import("./bench/cache.ts")).benchCache(),
  dimse: async () => (await import("./bench/dimse.ts")).benchDimse(),
  images: async () => (await import("./bench/images.ts")).benchImages(),
  pixels: async () => (await import("./bench/pixels.ts")).benchPixels(),
  cfind: async () => (await import("./bench/pacs.ts")).benchPacs(),
  kos: async () => (await import("./bench/kos.ts")).benchKos(),
  mllp: async () => (await import("./bench/mllp.ts")).mllpAck(),
  reader: async () => (await import("./bench/reader.ts")).readLargeReport(),
  queue: async () => (await import("./bench/queue.ts")).queueThroughput(),
  report: async () => (await import("./bench/report.ts")).reportToQueued(),
  drain: async () => (await import("./bench/drain.ts")).drainAfterOutage(),
  size: async () => (await import("./bench/size.ts")).benchSize(),
  start: async () => (await import("./bench/start.ts")).startToReady(),
} as const;
type Name = keyof typeof measurements;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, only: { type: "string" } },
});

if (values.only !== undefined) {
  // A child: its figures are its one line of output.
  process.stdout.write(`${JSON.stringify(flat(await measurements[values.only as Name]()))}\n`);
} else {
  const chosen = positionals.length === 0 ? Object.keys(measurements) : positionals;
  const figures: Record<string, number> = {};
  for (const name of chosen) {
    process.stderr.write(`${name}...\n`);
    Object.assign(figures, inItsOwnProcess(name));
  }
  for (const [metric, value] of Object.entries(figures)) process.stdout.write(`${line(metric, value)}\n`);
  process.stdout.write(`load average ${loadavg()[0]?.toFixed(1)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

function inItsOwnProcess(name: string): Record<string, number> {
  if (!(name in measurements)) throw new Error(`no measurement ${name}: ${Object.keys(measurements).join(", ")}`);
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--only", name], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(`${name} failed`);
  return JSON.parse(child.stdout.trim().split("\n").at(-1) ?? "{}") as Record<string, number>;
}

/** Nested figures by the name of their last key. */
function flat(figures: object): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]): [string, number][] =>
      typeof value === "number"
        ? [[name, value]]
        : Object.entries(flat(value as object)).map(([key, one]) => [`${key}_ms`, one]),
    ),
  );
}

function line(metric: string, value: number): string {
  const bar = bars[metric];
  const rounded = value.toPrecision(value >= 1000 ? 5 : 3);
  if (bar === undefined) return `${metric.padEnd(32)} ${rounded}`;
  const met = "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;
  const goal = "atLeast" in bar ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`;
  return `${metric.padEnd(32)} ${rounded.padEnd(10)} ${goal}${met ? "" : "  NOT MET"}`;
}
