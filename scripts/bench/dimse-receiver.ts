/** A Storage SCP in a process of its own, to be measured: says its port, keeps what it receives in the folder given. */
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian } from "../../appliance/dicom/index.ts";
import { acceptFrom, createServer, Status, Verification } from "../../appliance/dimse/index.ts";

const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
const uncompressed = [ExplicitVRLittleEndian.uid, ImplicitVRLittleEndian.uid];
const [folder] = process.argv.slice(2);
/** In bytes. */
const BATCH = 1_048_576;
let received = 0;

const server = createServer({
  aeTitles: "any",
  allow: { callingAETitles: "any", addresses: ["127.0.0.1"] },
  acceptContext: acceptFrom(
    new Map([
      [Verification, uncompressed],
      [CT_IMAGE, uncompressed],
    ]),
  ),
  handlers: {
    async store({ sopInstanceUID }, data) {
      if (folder === undefined) for await (const _piece of data);
      else await writeTo(join(folder, sopInstanceUID), data);
      received += 1;
      return Status.success;
    },
  },
});
const { port } = await server.listen(0, "127.0.0.1");
process.on("SIGTERM", async () => {
  await server.close();
  process.stdout.write(`${JSON.stringify({ received, peakRssMb: peakRss() })}\n`);
});
process.stdout.write(`${JSON.stringify({ port })}\n`);

/** One large write for an object of this size: each call costs a turn of the thread pool. */
async function writeTo(path: string, data: AsyncIterable<Uint8Array>): Promise<void> {
  const opening = open(path, "w");
  let batch: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of data) {
    batch.push(piece);
    bytes += piece.length;
    if (bytes < BATCH) continue;
    await (await opening).writev(batch);
    batch = [];
    bytes = 0;
  }
  await using file = await opening;
  if (bytes > 0) await file.writev(batch);
}

/** Largest resident memory of this process, in MB. `maxRSS` of getrusage would count the parent it was forked from. */
function peakRss(): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1")) ?? [];
  return Number(kilobytes) / 1024;
}
