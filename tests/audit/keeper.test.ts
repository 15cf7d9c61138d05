import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAuditDesk, createAuditKeeper, reportReceived } from "../../appliance/audit/index.ts";
import { type Logger, silent } from "../../appliance/base/index.ts";
import { openStore, type Store } from "../../appliance/store/index.ts";

const DAY = 86_400_000;
/** The store compares a purge with the clock of the machine. */
const today = new Date();
const daysAgo = (days: number) => new Date(today.getTime() - days * DAY);
const report = (at: Date) => reportReceived({ at, peer: { id: "RIS" }, patients: [{ id: "279035121518989" }] });

describe("the care of the trail", () => {
  let folder: string;
  let store: Store;
  const lines: { level: string; facts: Readonly<Record<string, unknown>> }[] = [];
  const log: Logger = {
    ...silent,
    info: (facts) => lines.push({ level: "info", facts }),
    warn: (facts) => lines.push({ level: "warn", facts }),
    error: (facts) => lines.push({ level: "error", facts }),
  };

  beforeEach(async () => {
    lines.length = 0;
    folder = mkdtempSync(join(tmpdir(), "audit-keeper-"));
    store = await openStore(join(folder, "box.db"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  async function tamper(sql: string): Promise<void> {
    await store.close();
    const db = new Database(join(folder, "box.db"));
    db.exec(`DROP TRIGGER audit_update; DROP TRIGGER audit_delete; ${sql}`);
    db.close();
    store = await openStore(join(folder, "box.db"));
  }
  const keeper = (now = today, retentionYears = 3) => createAuditKeeper({ store, retentionYears, now: () => now, log });

  it("tells the head of the chain in the log, for whoever cuts it off later", async () => {
    await store.appendAuditRecords([report(today)]);
    await keeper().day();
    expect(lines).toEqual([{ level: "info", facts: { ...(await store.auditHead()), records: 2 } }]);
  });

  it("alerts when a record was altered, and purges nothing any more", async () => {
    await store.appendAuditRecords([report(daysAgo(2000)), report(today)]);
    await tamper("UPDATE audit SET body = replace(body, 'RIS', 'XXX') WHERE seq = 3");
    const one = keeper();
    await one.day();
    expect(one.status().fault).toMatchObject({ code: "AUDIT_CHAIN_BROKEN", details: { seq: 3, reason: "altered" } });
    expect(lines.map(({ level }) => level)).toEqual(["error"]);
    expect(await store.auditSince()).toEqual(daysAgo(2000));
  });

  it("alerts when the end was cut off since the day before", async () => {
    await store.appendAuditRecords([report(today), report(today)]);
    const one = keeper();
    await one.day();
    await tamper("DELETE FROM audit WHERE seq = 3");
    const again = createAuditDesk({ store, timeZone: "Europe/Paris", now: () => today });
    const { seq, hash } = lines[0]!.facts as { seq: number; hash: string };
    expect(await again.verify({ seq, hash }, { id: "auditor" })).toMatchObject({
      broken: { seq: 3, reason: "missing" },
    });
  });

  it("purges what is past its time, a week of records a day at most: the clock may be wrong", async () => {
    await store.appendAuditRecords([1200, 1199, 1190, 1100, 1090, 1].map((days) => report(daysAgo(days))));
    const kept = async () => (await store.auditRecords({ event: "report-received", limit: 99 })).length;
    await keeper().day();
    expect(await kept()).toBe(4);
    await keeper().day();
    expect(await kept()).toBe(3);
    await keeper().day();
    expect(await kept()).toBe(2);
    await keeper().day();
    expect(await kept()).toBe(2);
    expect((await store.verifyAudit({})).broken).toBeUndefined();
  });

  it("keeps what the outside repository does not have yet, and warns", async () => {
    await store.appendAuditRecords([report(daysAgo(1200)), report(daysAgo(1199)), report(daysAgo(1))]);
    const one = createAuditKeeper({ store, retentionYears: 3, exported: true, now: () => today, log });
    await store.setAuditExported({ seq: 2, at: today });
    await one.day();
    const since = daysAgo(1199).toISOString().slice(0, 10);
    expect(one.status()).toMatchObject({ fault: undefined, held: { code: "AUDIT_PURGE_HELD", details: { since } } });
    expect(lines.map(({ level }) => level)).toEqual(["warn", "info"]);
    await store.setAuditExported({ seq: 4, at: today });
    await one.day();
    expect(one.status().held).toBeUndefined();
    expect(await store.auditSince()).toEqual(daysAgo(1));
  });

  it("keeps a year at least, whatever is configured", async () => {
    await store.appendAuditRecords([report(daysAgo(363)), report(daysAgo(1))]);
    await keeper(today, 0).day();
    expect(lines.map(({ level }) => level)).toEqual(["info"]);
    expect(await store.auditRecords({ event: "report-received", limit: 9 })).toHaveLength(2);
  });

  it("says who searched, and lets the patient's records say it too", async () => {
    const desk = createAuditDesk({ store, timeZone: "Europe/Paris", now: () => today });
    await store.appendAuditRecords([report(daysAgo(1))]);
    const found = await desk.search({ patient: "279035121518989", from: "2020-11-01", limit: 10 }, { id: "auditor" });
    expect(found).toMatchObject([{ event: "report-received", label: "compte rendu reçu" }]);
    const [search] = await store.auditRecords({ patient: "279035121518989", limit: 1 });
    expect(search).toMatchObject({
      event: "audit-used",
      users: [{ id: "auditor" }],
      facts: { from: "2020-11-01", found: 1 },
    });
  });

  it("searches days of the site, both included", async () => {
    const desk = createAuditDesk({ store, timeZone: "Europe/Paris", now: () => today });
    // Midnights of the site before and after 24 and 25 March 2024, in winter time.
    const instants = [
      "2024-03-23T22:59:59.999Z",
      "2024-03-23T23:00:00Z",
      "2024-03-25T22:59:59.999Z",
      "2024-03-25T23:00:00Z",
    ];
    await store.appendAuditRecords(instants.map((instant) => report(new Date(instant))));
    const asked = async (period: object) => {
      const found = await desk.search({ event: "report-received", limit: 10, ...period }, { id: "auditor" });
      return found.map(({ seq }) => seq).reverse();
    };
    expect(await asked({ from: "2024-03-24", to: "2024-03-25" })).toEqual([3, 4]);
    expect(await asked({ from: "2024-03-25", to: "2024-03-25" })).toEqual([4]);
    expect(await asked({ to: "2024-03-24" })).toEqual([2, 3]);
    expect(await asked({ from: "2024-03-26" })).toEqual([5]);
  });

  it.each([
    [{ from: "2024-02-30" }],
    [{ to: "2024-13-01" }],
    [{ from: "hier" }],
    [{ from: "2024-03-25", to: "2024-03-24" }],
  ])("refuses a period that does not exist: %j", async (period) => {
    const desk = createAuditDesk({ store, timeZone: "Europe/Paris", now: () => today });
    const search = desk.search({ limit: 10, ...period }, { id: "auditor" });
    await expect(search).rejects.toMatchObject({ code: "AUDIT_PERIOD_INVALID" });
  });
});
