/** What stands beside the box while images are measured: an Orthanc that holds the exams, and what asks for them. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { run } from "../../../tests/support/dicom-peers.ts";
import { type ReferenceExamOptions, referenceExam } from "./exam.ts";

/** One series, as a manifest would tell it. */
export interface BenchExam {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly patientID: string;
  readonly transferSyntax: string;
  readonly instances: readonly { readonly sopClassUID: string; readonly sopInstanceUID: string }[];
}

/** One answer over HTTP, read to its end and thrown away; times in milliseconds. */
export interface Timed {
  readonly firstByte: number;
  readonly whole: number;
  readonly bytes: number;
}

/** Puts an exam into an Orthanc, byte for byte. */
export async function archive(url: string, options: ReferenceExamOptions): Promise<BenchExam> {
  const { patientID, compressed } = options;
  const instances = [];
  let exam: Omit<BenchExam, "instances"> | undefined;
  for await (const { file, sopClassUID, sopInstanceUID, ...uids } of referenceExam(options)) {
    const { studyInstanceUID, seriesInstanceUID, transferSyntax } = uids;
    const answer = await fetch(`${url}/instances`, { method: "POST", body: new Uint8Array(file) });
    if (!answer.ok) throw new Error(`Orthanc refuses an image: ${answer.status}`);
    await answer.arrayBuffer();
    instances.push({ sopClassUID, sopInstanceUID });
    exam = { studyInstanceUID, seriesInstanceUID, patientID, transferSyntax };
  }
  if (exam === undefined) throw new Error(`an exam without images (${compressed})`);
  return { ...exam, instances };
}

/** Asks a DICOMweb server for something of the series, by curl: its time is the server's, not that of a reader in JavaScript. */
export async function get(
  base: string,
  exam: BenchExam,
  what: "" | "/metadata" | `/instances/${string}`,
): Promise<Timed> {
  const { studyInstanceUID, seriesInstanceUID, transferSyntax } = exam;
  const objects = `multipart/related; type="application/dicom"; transfer-syntax=${transferSyntax}`;
  const headers = {
    accept: what === "/metadata" ? "application/dicom+json" : objects,
    authorization: "Bearer bench",
    "kos-sopinstanceuid": "1.2.3",
  };
  const { code, output } = await run("curl", [
    ...["--silent", "--insecure", "--output", "/dev/null"],
    ...["--write-out", "%{http_code} %{time_starttransfer} %{time_total} %{size_download}"],
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    `${base}/studies/${studyInstanceUID}/series/${seriesInstanceUID}${what}`,
  ]);
  const [status, firstByte = 0, whole = 0, bytes = 0] = output.split(" ").map(Number);
  if (code !== 0 || status !== 200) throw new Error(`${base} answers ${status} (curl ${code})`);
  return { firstByte: firstByte * 1000, whole: whole * 1000, bytes };
}

/** How long the PACS takes to move the series to a sink that keeps nothing, in milliseconds. */
export async function move(port: number, destination: string, exam: BenchExam): Promise<number> {
  const start = performance.now();
  const { code, output } = await run("movescu", [
    ...["-S", "-aem", destination, "-aec", "ORTHANC", "-k", "0008,0052=SERIES"],
    ...["-k", `0020,000d=${exam.studyInstanceUID}`, "-k", `0020,000e=${exam.seriesInstanceUID}`],
    ...["127.0.0.1", String(port)],
  ]);
  if (code !== 0) throw new Error(`movescu: ${output}`);
  return performance.now() - start;
}

/** What a server says at its end. */
export interface ServerCost {
  /** The most memory it had, in megabytes. */
  readonly rssMb: number;
  readonly stallP99Ms: number;
}

export interface BenchServer {
  readonly http: string;
  readonly https: string;
  /** Forgets all images. */
  empty(): Promise<void>;
  stop(): Promise<ServerCost>;
}

/** Starts the image service of a box in a process of its own; `file` lists the exams. */
export async function startServer(orthancPort: number, file: string): Promise<BenchServer> {
  const script = fileURLToPath(new URL("server.ts", import.meta.url));
  const child = spawn(process.execPath, [script, String(orthancPort), file], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async () => JSON.parse(String((await lines.next()).value));
  const addresses = (await said()) as { http: string; https: string };
  return {
    ...addresses,
    async empty() {
      child.kill("SIGUSR2");
      await said();
    },
    async stop() {
      child.kill("SIGTERM");
      const cost = (await said()) as ServerCost;
      if (child.exitCode === null) await once(child, "exit");
      return cost;
    },
  };
}
