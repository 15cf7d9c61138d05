/**
 * 10,000 exams whose submissions wait after an outage of the record: how many a second go out, by the box as it is set up
 * (its concurrency), without its limit a minute. The peer answers "Success" to anything, over mutual TLS, in a thread of its own:
 * the stand-in of the DMP checks every signature, which would be measured instead.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parentPort, Worker, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { silent } from "../../appliance/base/index.ts";
import { startBox } from "../../appliance/main.ts";
import { createLogger, loadConfiguration } from "../../appliance/system/index.ts";
import { images, order, person, reportMessage } from "../../tests/faults/people.ts";
import { answer, registryResponse } from "../sandbox/dmp/answers.ts";
import { startSandboxPacs } from "../sandbox/pacs.ts";
import { createSandboxPki, type SandboxPki } from "../sandbox/pki.ts";
import { startSite, writeConfiguration } from "../sandbox/site.ts";

const EXAMS = 10_000;
const PUBLISH = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";

export async function drainAfterOutage(): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "bench-drain-"));
  const pacs = await startSandboxPacs();
  const settings = { dmp: { perMinute: 60_000 } };
  const options = { folder, pacs: [pacs], settings };
  await leaveOneWaiting(options, pacs);
  multiply(join(folder, "box", "box.db"));

  const pki = await createSandboxPki(join(folder, "pki"));
  const { trust, dmpServer } = pki;
  const peer = new Worker(new URL(import.meta.url), { workerData: { pki: { trust, dmpServer } } });
  const [{ port }] = (await once(peer, "message")) as [AddressInfo];
  const file = await writeConfiguration(options, pki, `https://127.0.0.1:${port}/si-dmp-server/v2/services`);
  let published = 0;
  const drained = Promise.withResolvers<void>();
  const log = createLogger({
    level: "info",
    write(line) {
      if (line.includes('"event":"published"') && ++published === EXAMS) drained.resolve();
    },
  });
  const box = await startBox(await loadConfiguration(file), log);
  try {
    const started = performance.now();
    await drained.promise;
    const seconds = (performance.now() - started) / 1000;
    peer.postMessage("told");
    const [peerSeconds] = (await once(peer, "message")) as [number];
    return { drain_10000_after_outage_per_s: EXAMS / seconds, drain_peer_busy_share: peerSeconds / seconds };
  } finally {
    await box.stop();
    await peer.terminate();
    await pacs.stop();
    rmSync(folder, { recursive: true });
  }
}

/** One real exam, up to its submission, while the record is away. */
async function leaveOneWaiting(
  options: Parameters<typeof startSite>[0],
  pacs: Awaited<ReturnType<typeof startSandboxPacs>>,
): Promise<void> {
  const [patient, study] = [person(1), order("waiting")];
  pacs.add(images(patient, study));
  const site = await startSite({ ...options, log: silent });
  site.dmp.faults.always({ kind: "http503" });
  await site.send(reportMessage(patient, [study], "M1"));
  await site.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "publishing");
  await site.stop();
}

/** The same exam many times, due now, each with a submission of its own. */
function multiply(file: string): void {
  const db = new Database(file);
  const columns = (table: string, own: readonly string[]) =>
    (db.pragma(`table_info(${table})`) as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !own.includes(name));
  const exam = columns("exam", ["id", "study_uid", "next_at", "attempts"]);
  const submission = columns("submission", ["id", "exam_id"]);
  db.exec(`
    UPDATE exam SET next_at = 0, attempts = 0;
    WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${EXAMS})
      INSERT INTO exam (id, study_uid, next_at, attempts, ${exam}) SELECT i, '2.25.' || i, 0, 0, ${exam} FROM n, exam;
    INSERT INTO submission (exam_id, ${submission}) SELECT x.id, ${submission.map((name) => `s.${name}`)}
      FROM submission s, exam x WHERE x.id > 1;`);
  db.close();
}

const { pki } = (workerData ?? {}) as { pki?: Pick<SandboxPki, "trust" | "dmpServer"> };
if (pki !== undefined) {
  const style = { package: true, renamedPrefixes: false };
  const tls = { key: pki.dmpServer.key, cert: pki.dmpServer.certificate, ca: pki.trust, requestCert: true };
  const server = createServer(tls, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, messageId] = /MessageID[^>]*>([^<]+)</.exec(Buffer.concat(chunks).toString("latin1")) ?? [];
    const { status, contentType, body } = answer(registryResponse([], [], style), PUBLISH, messageId, style);
    response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(body) }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const since = process.threadCpuUsage();
  parentPort?.postMessage(server.address());
  parentPort?.on("message", () => {
    const { user, system } = process.threadCpuUsage(since);
    parentPort?.postMessage((user + system) / 1e6);
  });
}
