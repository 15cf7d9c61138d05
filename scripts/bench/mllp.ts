/** The door under load: 50 senders, reports of 1 MB, each acknowledged after its commit. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker, workerData } from "node:worker_threads";
import { silent } from "../../appliance/base/index.ts";
import { createMllpClient, createMllpServer } from "../../appliance/hl7/index.ts";
import { createAcceptor } from "../../appliance/source/intake/accept.ts";
import { createReader } from "../../appliance/source/intake/reader.ts";
import { openStore } from "../../appliance/store/index.ts";
import { buildReportMessage, sandboxReport } from "../sandbox/ris.ts";

const PEERS = 50;
const MESSAGES_PER_PEER = 8;
/** A practice of ten radiologists sends one report a minute; a report a second from each of 50 RIS is far beyond. */
const INTERVAL_MS = 1000;
const CDA_BYTES = 1_000_000;
const PLACE = "CONTROL-ID";

/** Milliseconds from the last byte of a message leaving to its acknowledgement, over all messages. */
export async function mllpAck(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-mllp-"));
  const store = await openStore(join(folder, "box.db"));
  const reader = createReader({ defaultCharset: () => "utf-8", timeZone: "Europe/Paris", environment: "test" });
  const accept = createAcceptor({
    store,
    reader,
    now: () => new Date(),
    log: silent,
    onAccepted: () => {},
  });
  const server = createMllpServer({
    host: "127.0.0.1",
    port: 0,
    allowAddresses: ["127.0.0.1"],
    limits: { connectionsPerAddress: PEERS },
    onMessage: accept,
    log: silent,
  });
  await server.listen();
  try {
    const waits = await fromAnotherThread(server.address().port);
    waits.sort((a, b) => a - b);
    const at = (part: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))] as number;
    return { mllp_ack_p50_ms: at(0.5), mllp_ack_p99_ms: at(0.99) };
  } finally {
    await server.close();
    await reader.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
}

/** The senders have their own thread: their cost is not the door's. */
function fromAnotherThread(port: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

async function send(port: number): Promise<number[]> {
  const waits: number[] = [];
  const pdf = new Uint8Array(Math.round((CDA_BYTES * 3) / 4)).fill(0x41);
  // Made once: what a message costs its sender is not the door's.
  const template = buildReportMessage(sandboxReport({ pdf }), { family: "ORU", controlId: PLACE });
  const place = template.indexOf(PLACE);
  await Promise.all(
    Array.from({ length: PEERS }, async (_, peer) => {
      const client = createMllpClient({ host: "127.0.0.1", port });
      await sleep((peer * INTERVAL_MS) / PEERS);
      for (let n = 0; n < MESSAGES_PER_PEER; n++) {
        const message = Buffer.from(template);
        message.write(`${peer}-${n}`.padStart(PLACE.length, "0"), place, "latin1");
        const started = performance.now();
        const answer = await client.send(message);
        waits.push(performance.now() - started);
        if (!answer.includes("MSA|AA|")) throw new Error(answer.toString());
        await sleep(Math.max(0, INTERVAL_MS - (performance.now() - started)));
      }
      await client.close();
    }),
  );
  return waits;
}

const { port } = (workerData ?? {}) as { port?: number };
if (port !== undefined) {
  const { parentPort } = await import("node:worker_threads");
  parentPort?.postMessage(await send(port));
}
