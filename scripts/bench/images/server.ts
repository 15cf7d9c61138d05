/**
 * The image service of a box in a process of its own, for the measurements: everything but the white list and Pro Santé
 * Connect, in front of an Orthanc. `node server.ts ORTHANC_PORT EXAMS_JSON`; its first line is where it answers, its last what
 * it cost.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { silent } from "../../../appliance/base/index.ts";
import { openCache } from "../../../appliance/cache/index.ts";
import { createImages, type InstanceFacts } from "../../../appliance/images/index.ts";
import { createPacs, createPacsGroup } from "../../../appliance/pacs/index.ts";
import { Admission } from "../../../appliance/source/images/admission.ts";
import { createImageListener } from "../../../appliance/source/images/listener.ts";
import { createSandboxPki } from "../../sandbox/pki.ts";
import type { BenchExam, ServerCost } from "./peers.ts";

const [orthanc = "", file = ""] = process.argv.slice(2);
const exams = JSON.parse(readFileSync(file, "utf8")) as BenchExam[];
const folder = mkdtempSync(join(tmpdir(), "bench-images-"));
const cache = await openCache<InstanceFacts>({ folder, maximumBytes: 8e9, maximumAgeMs: 1e9 });
const images = createImages({ cache, base: "http://127.0.0.1", log: silent });
const delay = monitorEventLoopDelay({ resolution: 1 });
const listener = createImageListener({
  gate: {
    peerOf: () => ({ address: "127.0.0.1", name: "CN=bench" }),
    isListed: () => true,
    tokens: {
      check: async () => ({ subjectNameID: "8", exercises: [], client: "bench", expiresAt: new Date(8e15) }),
    },
  },
  admission: new Admission({
    concurrent: 64,
    concurrentPerPeer: 64,
    waitingPerPeer: 64,
    longestWaitMs: 60_000,
    perMinute: 1e6,
  }),
  manifests: {
    async inForce(studyInstanceUID, sopInstanceUID) {
      const exam = exams.find((one) => one.studyInstanceUID === studyInstanceUID);
      if (exam === undefined) throw new Error("no such exam");
      const ins = { id: "279035121518989", issuerOID: "1.2.250.1.213.1.4.10" };
      const facts = {
        examId: 1,
        structure: "1",
        pacs: "ORTHANC",
        ins,
        localIDs: [exam.patientID],
        modalities: ["CT"],
      };
      return { ...facts, studyInstanceUID, sopInstanceUID, series: [exam] };
    },
  },
  images,
  pacs: createPacsGroup([
    createPacs({
      name: "ORTHANC",
      host: "127.0.0.1",
      port: Number(orthanc),
      aeTitle: "ORTHANC",
      callingAETitle: "DRIMBOX",
    }),
  ]),
  store: { async keepTraces() {} },
  base: "http://127.0.0.1",
  lenient: true,
  now: () => new Date(),
  log: silent,
});
const { server: identity } = await (await createSandboxPki(join(folder, "pki"))).market();
const servers = [createServer(listener), createTlsServer({ cert: identity.certificate, key: identity.key }, listener)];
const ports: number[] = [];
for (const server of servers) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ports.push((server.address() as AddressInfo).port);
}
// The cold ways are measured cold: the bench asks for an empty cache.
process.on("SIGUSR2", async () => {
  for (const { studyInstanceUID } of exams) await images.withdraw(studyInstanceUID);
  say("empty");
});
process.on("SIGTERM", () => {
  const rssMb = process.resourceUsage().maxRSS / 1024;
  say({ rssMb, stallP99Ms: delay.percentile(99) / 1e6 } satisfies ServerCost);
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
});
say({ http: `http://127.0.0.1:${ports[0]}`, https: `https://127.0.0.1:${ports[1]}` });
delay.enable();

function say(what: unknown): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
