/** The DICOM network against DCMTK and Orthanc on this machine, with a study of 400 CT images of 512 x 512 (210 MB). */
import { type ChildProcess, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { encodeDataSet, writePart10 } from "../../appliance/dicom/index.ts";
import { requestAssociation } from "../../appliance/dimse/index.ts";
import { run, startOrthanc, startStorescp } from "../../tests/support/dicom-peers.ts";
import { type SyntheticInstance, syntheticStudy } from "../sandbox/studies.ts";

const IMAGES = 400;
const SIZE = 512;
const RUNS = 5;
/** Orthanc keeps what it has: each of its runs needs an empty one. */
const ORTHANC_RUNS = 2;
const RECEIVER = fileURLToPath(new URL("dimse-receiver.ts", import.meta.url));

export interface DimseFigures {
  /** Speed of receiving, ours by theirs: 2 is twice as quick. Both write files. */
  readonly dimse_receive_ct_vs_storescp: number;
  readonly dimse_receive_ct_vs_orthanc: number;
  /** Speed of sending from files to a storescp, ours by that of storescu. */
  readonly dimse_send_ct_vs_storescu: number;
  /** Largest resident memory of the process that receives four studies at once. */
  readonly rss_receiving_4_studies_mb: number;
  /** The times behind the ratios, medians. */
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Everything above; about a minute. */
export async function benchDimse(): Promise<DimseFigures> {
  const study = await writeStudy();
  try {
    const receive = await timeReceivers(study);
    const orthanc: number[] = [];
    for (let i = 0; i < ORTHANC_RUNS; i += 1) orthanc.push(await timeOrthanc(study));
    const storescp = await startStorescp({ args: ["--ignore"] });
    const send = await compare({
      ours: () => timeOurSender(study, storescp.port),
      storescu: () => timeStorescu(study, storescp.port),
    });
    await storescp.stop();
    return {
      dimse_receive_ct_vs_storescp: receive.storescp / receive.ours,
      dimse_receive_ct_vs_orthanc: median(orthanc) / receive.ours,
      dimse_send_ct_vs_storescu: send.storescu / send.ours,
      rss_receiving_4_studies_mb: await rssOfFour(study),
      milliseconds: {
        receive_ours: receive.ours,
        receive_storescp: receive.storescp,
        receive_orthanc: median(orthanc),
        send_ours: send.ours,
        send_storescu: send.storescu,
      },
    };
  } finally {
    await rm(study.folder, { recursive: true, force: true });
  }
}

interface FileOnDisk extends Omit<SyntheticInstance, "dataSet"> {
  readonly path: string;
  /** Where the data set begins. */
  readonly offset: number;
}

interface StudyOnDisk {
  readonly folder: string;
  readonly files: readonly FileOnDisk[];
}

async function writeStudy(): Promise<StudyOnDisk> {
  const folder = await mkdtemp(join(tmpdir(), "bench-ct-"));
  const { instances } = syntheticStudy({ series: [{ kind: "CT", images: IMAGES, size: SIZE }] });
  const files: FileOnDisk[] = [];
  for (const { dataSet, ...uids } of instances) {
    const bytes = writePart10({ dataSet, transferSyntax: uids.transferSyntax });
    const path = join(folder, `${uids.sopInstanceUID}.dcm`);
    await writeFile(path, bytes);
    files.push({ ...uids, path, offset: bytes.length - encodeDataSet(dataSet, uids.transferSyntax).length });
  }
  return { folder, files };
}

/** Medians of runs in turn, so that a noisy minute falls on both. */
async function compare<Name extends string>(
  candidates: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<() => Promise<number>>(candidates) as [Name, () => Promise<number>][];
  const times = new Map<Name, number[]>(entries.map(([name]) => [name, []]));
  for (let i = 0; i < RUNS; i += 1) {
    for (const [name, measure] of entries) times.get(name)?.push(await measure());
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(times.get(name) ?? [])])) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}

/** `dcmsend` from its start to its end, to that port. */
async function timeDcmsend(study: StudyOnDisk, port: number): Promise<number> {
  const start = performance.now();
  const { code, output } = await run("dcmsend", ["-nuc", "+sd", "127.0.0.1", String(port), study.folder]);
  if (code !== 0) throw new Error(`dcmsend: ${output}`);
  return performance.now() - start;
}

/** Both are servers that have run for a while: the first study is not counted. */
async function timeReceivers(study: StudyOnDisk): Promise<Record<"ours" | "storescp", number>> {
  const receiver = await startReceiver();
  const storescp = await startStorescp({ args: ["-pdu", "131072"] });
  const candidates = {
    ours: () => timeDcmsend(study, receiver.port),
    storescp: () => timeDcmsend(study, storescp.port),
  };
  for (const warmUp of Object.values(candidates)) await warmUp();
  const times = await compare(candidates);
  await storescp.stop();
  const { received } = await receiver.stop();
  if (received !== IMAGES * (RUNS + 1)) throw new Error(`${received} images`);
  return times;
}

async function timeOrthanc(study: StudyOnDisk): Promise<number> {
  const peer = await startOrthanc();
  const milliseconds = await timeDcmsend(study, peer.port);
  await peer.stop();
  return milliseconds;
}

async function timeStorescu(study: StudyOnDisk, port: number): Promise<number> {
  const start = performance.now();
  const { code, output } = await run("storescu", ["-R", "+sd", "127.0.0.1", String(port), study.folder]);
  if (code !== 0) throw new Error(`storescu: ${output}`);
  return performance.now() - start;
}

async function timeOurSender(study: StudyOnDisk, port: number): Promise<number> {
  const start = performance.now();
  const [first] = study.files;
  if (first === undefined) throw new Error("no image");
  const association = await requestAssociation({
    host: "127.0.0.1",
    port,
    callingAETitle: "BENCH",
    calledAETitle: "STORESCP",
    presentationContexts: [{ abstractSyntax: first.sopClassUID, transferSyntaxes: [first.transferSyntax] }],
  });
  for (const { path, offset, ...uids } of study.files) {
    const data = createReadStream(path, { start: offset, highWaterMark: 262_144 });
    const { status } = await association.store({ ...uids, data });
    if (status !== 0) throw new Error(`status ${status}`);
  }
  await association.release();
  return performance.now() - start;
}

/** Four senders at once to one receiver that writes files. */
async function rssOfFour(study: StudyOnDisk): Promise<number> {
  const receiver = await startReceiver();
  await Promise.all(Array.from({ length: 4 }, () => timeDcmsend(study, receiver.port)));
  return (await receiver.stop()).peakRssMb;
}

interface Receiver {
  readonly port: number;
  stop(): Promise<{ readonly received: number; readonly peakRssMb: number }>;
}

async function startReceiver(): Promise<Receiver> {
  const folder = await mkdtemp(join(tmpdir(), "bench-received-"));
  await mkdir(folder, { recursive: true });
  const child: ChildProcess = spawn(process.execPath, [RECEIVER, folder], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { port } = JSON.parse(String((await lines.next()).value)) as { port: number };
  return {
    port,
    async stop() {
      child.kill("SIGTERM");
      const said = JSON.parse(String((await lines.next()).value)) as { received: number; peakRssMb: number };
      await rm(folder, { recursive: true, force: true });
      return said;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${JSON.stringify(await benchDimse(), undefined, 2)}\n`);
}
