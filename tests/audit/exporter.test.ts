import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAuditExporter, type Exporter, reportReceived } from "../../appliance/audit/index.ts";
import { silent } from "../../appliance/base/index.ts";
import { openStore, type Store } from "../../appliance/store/index.ts";
import { freePort } from "../support/dicom-peers.ts";
import { hasCommand } from "../support/peers.ts";
import { testIdentities } from "../support/tls.ts";
import { type Collector, startCollector } from "./collector.ts";

const identities = testIdentities("collector", "box", "stranger");
afterAll(() => identities.remove());
const { collector: theirs, box: ours, stranger } = identities;
const serverTls = { key: theirs.key, cert: theirs.cert, ca: ours.cert, requestCert: true, rejectUnauthorized: true };
const clientTls = () => createSecureContext({ key: ours.key, cert: ours.cert, ca: theirs.cert });

describe("the export of audit records", () => {
  let folder: string;
  let store: Store;
  let exporter: Exporter | undefined;
  let collector: Collector | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "audit-export-"));
    store = await openStore(join(folder, "box.db"));
  });
  afterEach(async () => {
    await exporter?.stop();
    await collector?.close();
    await store.close();
    rmSync(folder, { recursive: true });
    exporter = undefined;
    collector = undefined;
  });

  /** Appends reports whose MSH-10 are these numbers. */
  const append = (from: number, count: number) =>
    store.appendAuditRecords(
      Array.from({ length: count }, (_, n) =>
        reportReceived({ at: new Date(), peer: { id: "RIS" }, controlId: String(from + n) }),
      ),
    );
  const start = (port: number, secureContext: () => SecureContext = clientTls) => {
    exporter = createAuditExporter({
      store,
      destination: { host: "127.0.0.1", port, secureContext },
      source: { id: "drimbox-1", site: "1750099999", host: "drimbox.example", processId: 7 },
      delays: { lookMs: 20, firstMs: 20, longestMs: 100, settleMs: 100 },
      now: () => new Date(),
      log: silent,
    });
    exporter.start();
    return exporter;
  };
  const received = () => (collector?.messages ?? []).flatMap((message) => controlId(message) ?? []);
  const everything = (count: number) => Array.from({ length: count }, (_, n) => n);
  const left = () => store.auditToExport({ limit: 10 });

  it("delivers what is there and what comes, once and in order", async () => {
    collector = await startCollector(serverTls);
    await append(0, 1200);
    start(collector.port);
    await vi.waitFor(() => expect(received()).toEqual(everything(1200)), 20_000);
    await append(1200, 3);
    await vi.waitFor(() => expect(received()).toEqual(everything(1203)), 20_000);
    await vi.waitFor(async () => expect(await left()).toEqual([]), 20_000);
    expect(exporter?.status()).toMatchObject({ deliveredAt: expect.any(Date), fault: undefined });
  });

  it("alarms and sends nothing more when the trail has lost what the repository took", async () => {
    collector = await startCollector(serverTls);
    await append(0, 5);
    await store.setAuditExported({ seq: 6, at: new Date() });
    await store.close();
    const db = new Database(join(folder, "box.db"));
    db.exec("DROP TRIGGER audit_delete; DELETE FROM audit WHERE seq > 3");
    db.close();
    store = await openStore(join(folder, "box.db"));
    const cut = (reason: string) => ({ fault: { code: "AUDIT_EXPORT_CUT", details: { seq: 6, reason } } });
    const one = start(collector.port);
    await vi.waitFor(() => expect(one.status()).toMatchObject(cut("missing")), 20_000);
    await append(10, 5);
    await vi.waitFor(() => expect(one.status()).toMatchObject(cut("altered")), 20_000);
    expect(received()).toEqual([]);
  });

  it("writes the header that IHE asks for", async () => {
    collector = await startCollector(serverTls);
    await append(0, 1);
    start(collector.port);
    await vi.waitFor(() => expect(received()).toEqual([0]), 20_000);
    expect(collector.messages[1]).toMatch(
      /^<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z drimbox\.example DRIMbox 7 DICOM\+RFC3881 - \ufeff<AuditMessage>/,
    );
  });

  it.each([
    ["breaks off in the middle", (socket: { destroy(): void }) => setTimeout(() => socket.destroy(), 20)],
    ["closes before everything is said", (socket: { end(): void }) => socket.end()],
  ])("loses nothing when the repository %s", async (_name, harm) => {
    collector = await startCollector(serverTls, {
      misbehave(socket, number) {
        if (number <= 3) harm(socket);
        return number <= 2;
      },
    });
    await append(0, 1100);
    start(collector.port);
    await vi.waitFor(async () => expect(await left()).toEqual([]), 20_000);
    expect([...new Set(received())]).toEqual(everything(1100));
    expect(collector.connections()).toBeGreaterThan(3);
  });

  it("keeps records during an outage and delivers them when the repository is back", async () => {
    const port = await freePort();
    await append(0, 10);
    start(port);
    await vi.waitFor(() => expect(exporter?.status().fault?.code).toBe("AUDIT_EXPORT_UNREACHABLE"), 20_000);
    await append(10, 10);
    collector = await startCollector(serverTls, { port });
    await vi.waitFor(() => expect(received()).toEqual(everything(20)), 20_000);
    await vi.waitFor(() => expect(exporter?.status().fault).toBeUndefined(), 20_000);
  });

  it("does not repeat after a restart what was confirmed", async () => {
    collector = await startCollector(serverTls);
    await append(0, 5);
    const first = start(collector.port);
    await vi.waitFor(async () => expect(await left()).toEqual([]), 20_000);
    await first.stop();
    await append(5, 5);
    start(collector.port);
    await vi.waitFor(() => expect(received()).toEqual(everything(10)), 20_000);
  });

  it("speaks to nobody whose certificate it does not trust", async () => {
    collector = await startCollector({ ...serverTls, key: stranger.key, cert: stranger.cert });
    await append(0, 1);
    start(collector.port);
    await vi.waitFor(() => expect(exporter?.status().fault?.code).toBe("AUDIT_EXPORT_REFUSED"), 20_000);
    expect(collector.messages).toEqual([]);
  });

  it("takes a repository that refuses its certificate as one that has nothing", async () => {
    collector = await startCollector(serverTls);
    await append(0, 1);
    start(collector.port, () => createSecureContext({ key: stranger.key, cert: stranger.cert, ca: theirs.cert }));
    await vi.waitFor(() => expect(exporter?.status().fault?.code).toMatch(/^AUDIT_EXPORT_/), 20_000);
    expect(await left()).toHaveLength(2);
  });

  it("stops at once though the repository reads nothing, and holds no more than a window", async () => {
    collector = await startCollector(serverTls, { misbehave: (socket) => socket.pause() !== undefined });
    await append(0, 3000);
    const asked = vi.spyOn(store, "auditToExport");
    const running = start(collector.port);
    await vi.waitFor(() => expect(collector?.connections()).toBe(1), 20_000);
    await pause(100);
    expect(asked).toHaveBeenCalledTimes(1);
    await running.stop();
    expect(await left()).toHaveLength(10);
  });

  it.skipIf(!hasCommand("openssl"))("is confirmed by a TLS server that is not ours (needs openssl)", async () => {
    const port = await freePort();
    const server: ChildProcess = spawn(
      "openssl",
      [
        ...["s_server", "-quiet", "-accept", `127.0.0.1:${port}`, "-cert", theirs.certificateFile],
        ...["-key", theirs.keyFile, "-Verify", "1", "-CAfile", ours.certificateFile, "-verify_return_error"],
      ],
      { stdio: ["pipe", "pipe", "ignore"] },
    );
    let output = "";
    server.stdout?.on("data", (piece: Buffer) => {
      output += piece.toString();
    });
    try {
      await append(0, 600);
      start(port);
      await vi.waitFor(async () => expect(await left()).toEqual([]), 20_000);
      await vi.waitFor(() => expect(output.match(/<AuditMessage>/g)).toHaveLength(601), 20_000);
    } finally {
      const gone = once(server, "exit");
      server.kill("SIGKILL");
      await gone;
    }
  });
});

function controlId(message: string): number | undefined {
  const value = /type="MSH-10" value="([^"]+)"/.exec(message)?.[1];
  return value === undefined ? undefined : Number(Buffer.from(value, "base64").toString());
}
