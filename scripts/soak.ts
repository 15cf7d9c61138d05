/** The soak run: see `scripts/soak`. Prints a sentence a figure; the file holds all samples. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "../tests/support/dicom-peers.ts";
import { startDmp } from "./sandbox/dmp/index.ts";
import { type SandboxPacs, startSandboxPacs } from "./sandbox/pacs.ts";
import { createSandboxPki } from "./sandbox/pki.ts";
import { writeConfiguration } from "./sandbox/site.ts";
import { awayAt, liveThrough, type Neighbours, takeAway } from "./soak-day.ts";
import { type Sample, sample, trendOf } from "./soak-watch.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    // A large practice makes 400 exams on a working day of ten hours.
    "exams-a-day": { type: "string", default: "4000" },
    json: { type: "string" },
  },
});
const LENGTH_MS = Number(values.minutes) * 60_000;
const WORKING_DAY_MS = 10 * 3600 * 1000;
const SPACING_MS = WORKING_DAY_MS / Number(values["exams-a-day"]);
const SAMPLING_MS = 10_000;
const TICK_MS = 250;
const PATIENCE_MS = 60_000;
/** The breaker's longest pause, a try of one exam, then all that waited by its longest delay; several times that. */
const DRAIN_MS = 300_000;
const JUDGED = ["rss_mb", "heap_mb", "descriptors", "threads", "wal_mb", "event_loop_p99_ms"] as const;

const MAIN = fileURLToPath(new URL("../appliance/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "soak-"));
const pki = await createSandboxPki(join(folder, "pki"));
const dmp = await startDmp({ port: 0, pki });
let pacs: SandboxPacs | undefined = await startSandboxPacs({ port: await freePort() });
const { port: pacsPort, aeTitle } = pacs;
const [hl7, notes, administration] = [await freePort(), await freePort(), await freePort()];
const config = await writeConfiguration(
  {
    folder,
    pacs: [pacs],
    settings: {
      hl7: { port: hl7 },
      administration: { port: administration },
      rejectionNotes: { host: "127.0.0.1", port: notes, senders: [{ aeTitle, address: "127.0.0.1" }] },
      // Hours become seconds: each exam is looked at again within the run.
      source: { recheckHours: [0.01, 0.02], retryFirstSeconds: 1, retryLongestSeconds: 20 },
      log: { level: "warn" },
    },
  },
  pki,
  dmp.url,
);
const box = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["ignore", "ignore", "inherit"] });
const exited = once(box, "exit");
const metrics = `http://127.0.0.1:${administration}/metrics`;
await answering();

/** What was in the PACS when it went away. */
const waiting: Parameters<SandboxPacs["add"]>[0][] = [];
const kept: typeof waiting = [];
const absent: ReturnType<Neighbours["pacs"]> = { add: (study) => void waiting.push(study), reject: async () => 0 };
const neighbours: Neighbours = {
  hl7: { host: "127.0.0.1", port: hl7 },
  notes: { host: "127.0.0.1", port: notes, aeTitle: "DRIMBOX" },
  pacs: () => {
    const present = pacs;
    if (present === undefined) return absent;
    return {
      ...present,
      add: (study) => {
        kept.push(study);
        present.add(study);
      },
    };
  },
};

const samples: Sample[] = [];
const failures: string[] = [];
const lives: Promise<void>[] = [];
let [exams, messages, turn] = [0, 0, 0];
let away: ReturnType<typeof awayAt>;
const started = performance.now();
for (let now = 0; now < LENGTH_MS && box.exitCode === null; now = performance.now() - started) {
  await follow(awayAt(now));
  while (exams * SPACING_MS <= now) {
    exams += 1;
    lives.push(
      liveThrough(exams, neighbours).then(
        (sent) => {
          messages += sent;
        },
        (error: Error) => void failures.push(error.message),
      ),
    );
  }
  if (samples.length * SAMPLING_MS <= now) {
    samples.push(await sample(box.pid ?? 0, join(folder, "box"), metrics, Math.round(now / 1000)));
  }
  await sleep(TICK_MS);
}
await Promise.all(lives);
await follow(undefined);
const drain = await queueEmpties();
box.kill("SIGTERM");
const [exitCode] = await exited;
await pacs?.stop();
await dmp.stop();

const trends = Object.fromEntries(JUDGED.map((name) => [name, trendOf(samples, name)]));
const growing = JUDGED.filter((name) => trends[name]?.flat !== true);
const facts = { minutes: Number(values.minutes), exams, messages, failures, drain, exitCode };
for (const [name, { median, max, an_hour, flat }] of Object.entries(trends)) {
  console.log(
    `${name.padEnd(18)} ${[median, max, an_hour].map((one) => one.toFixed(2).padStart(9)).join(" ")}/h  ${flat ? "flat" : "GROWS"}`,
  );
}
const disk = ((samples.at(-1)?.disk_mb ?? 0) - (samples[0]?.disk_mb ?? 0)) / exams;
console.log(`${JSON.stringify(facts)}; ${disk.toFixed(2)} MB on the disk an exam`);
console.log(growing.length === 0 ? "The box is as light as it was." : `It grows: ${growing.join(", ")}.`);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ ...facts, trends, samples }, undefined, 1));
process.exitCode = growing.length + failures.length + drain.left === 0 && exitCode === 0 ? 0 : 1;
rmSync(folder, { recursive: true });

/** Lets a neighbour go away, or come back with what it had. */
async function follow(next: typeof away): Promise<void> {
  if (next === away) return;
  if (away === "dmp") dmp.faults.clear();
  if (away === "pacs") {
    pacs = await startSandboxPacs({ port: pacsPort, studies: [...kept, ...waiting] });
    kept.push(...waiting.splice(0));
  }
  if (next === "dmp") takeAway(dmp, turn++);
  if (next === "pacs") {
    await pacs?.stop();
    pacs = undefined;
  }
  away = next;
}

async function answering(): Promise<void> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(100)) {
    if ((await fetch(metrics).catch(() => undefined))?.ok === true) return;
  }
  throw new Error("the box did not start");
}

/** When all is back, everything is done without a hand: how long that took, and what is left to search or to publish. */
async function queueEmpties(): Promise<{ readonly seconds: number; readonly left: number }> {
  const from = performance.now();
  for (;;) {
    const text = await (await fetch(metrics)).text();
    const waiting = [...text.matchAll(/^drimbox_exams\{state="(?:searching|publishing)"\} (\d+)$/gm)];
    const left = waiting.reduce((sum, [, count]) => sum + Number(count), 0);
    const seconds = Math.round((performance.now() - from) / 1000);
    if (left === 0 || seconds * 1000 > DRAIN_MS) return { seconds, left };
    await sleep(1000);
  }
}
