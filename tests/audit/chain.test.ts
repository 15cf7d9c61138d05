import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NewAuditRecord, openStore, type Store } from "../../appliance/store/index.ts";

/** The store compares a purge with the clock of the machine. */
const at = new Date();
const DAY = 86_400_000;

const record = (n: number, more: Partial<NewAuditRecord> = {}): NewAuditRecord => ({
  at: new Date(at.getTime() + n * 1000),
  event: "report-received",
  outcome: 0,
  patients: [{ id: `28001750${n}`, authority: "1.2.250.1.213.1.4.8" }],
  studies: [`2.25.${n}`],
  ...more,
});
const records = (count: number) => Array.from({ length: count }, (_, n) => record(n));

describe("the chain of audit records", () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "audit-"));
    store = await openStore(join(folder, "box.db"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** Works on the file as somebody who has the disk does, the box being stopped. */
  async function behindTheBox(work: (db: Database.Database) => void): Promise<void> {
    await store.close();
    const db = new Database(join(folder, "box.db"));
    try {
      work(db);
    } finally {
      db.close();
    }
    store = await openStore(join(folder, "box.db"));
  }

  /** With the triggers taken away first. */
  const tamper = (sql: string) =>
    behindTheBox((db) => {
      for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
        name: string;
      }[]) {
        db.exec(`DROP TRIGGER ${name}`);
      }
      db.exec(sql);
    });

  it("holds, from a first record that no other installation has", async () => {
    await store.appendAuditRecords(records(3));
    expect(await store.verifyAudit({})).toEqual({ read: 4, next: undefined, broken: undefined });
    const [begun] = (await store.auditRecords({ limit: 10 })).slice(-1);
    expect(begun).toMatchObject({ seq: 1, event: "audit-begun", facts: { installation: expect.any(String) } });
  });

  it("holds while nothing has happened yet", async () => {
    expect(await store.verifyAudit({})).toEqual({ read: 0, next: undefined, broken: undefined });
    expect(await store.auditHead()).toBeUndefined();
  });

  it("is checked in parts, each going on where the last one ended", async () => {
    await store.appendAuditRecords(records(9));
    expect(await store.verifyAudit({ limit: 5 })).toMatchObject({ read: 5, next: 6 });
    expect(await store.verifyAudit({ from: 6, limit: 5 })).toMatchObject({ read: 5, next: 11 });
    expect(await store.verifyAudit({ from: 11, limit: 5 })).toEqual({ read: 0, next: undefined, broken: undefined });
  });

  it.each([
    ["a changed record", "UPDATE audit SET body = replace(body, '280017502', '280017509') WHERE seq = 4", 4, "altered"],
    ["a changed hash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 4", 4, "altered"],
    ["a record taken out", "DELETE FROM audit WHERE seq = 4", 4, "missing"],
    ["a beginning cut off", "DELETE FROM audit WHERE seq <= 3", 4, "missing"],
    [
      "two records that changed places",
      "UPDATE audit SET seq = -4 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = -4",
      4,
      "altered",
    ],
  ])("tells of %s", async (_name, sql, seq, reason) => {
    await store.appendAuditRecords(records(9));
    await tamper(sql);
    expect((await store.verifyAudit({})).broken).toEqual({ seq, reason });
  });

  it("tells of a record that was changed and sealed anew by somebody who knows how: the next one does not follow", async () => {
    await store.appendAuditRecords(records(9));
    await tamper("SELECT 1");
    await behindTheBox((db) => {
      const hashOf = db.prepare("SELECT hash FROM audit WHERE seq = ?").pluck();
      const body = String(db.prepare("SELECT body FROM audit WHERE seq = 4").pluck().get()).replace(
        "280017502",
        "280017509",
      );
      const sealed = createHash("sha256")
        .update(hashOf.get(3) as Buffer)
        .update(Buffer.from("0000000000000004", "hex"))
        .update(body)
        .digest();
      db.prepare("UPDATE audit SET body = ?, hash = ? WHERE seq = 4").run(body, sealed);
    });
    expect((await store.verifyAudit({})).broken).toEqual({ seq: 5, reason: "altered" });
  });

  it("tells of an end cut off, by a head that was told before", async () => {
    await store.appendAuditRecords(records(9));
    const head = await store.auditHead();
    await tamper("DELETE FROM audit WHERE seq > 5; DELETE FROM audit_key WHERE seq > 5");
    expect(await store.verifyAudit({})).toMatchObject({ read: 5, broken: undefined });
    expect(await store.auditHashOf({ seq: head!.seq })).toBeUndefined();
    await store.appendAuditRecords(records(9));
    expect(await store.auditHashOf({ seq: head!.seq })).not.toBe(head!.hash);
  });

  it.each([
    ["changing a record", "UPDATE audit SET body = '{}' WHERE seq = 2"],
    ["changing a hash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 2"],
    ["deleting a record", "DELETE FROM audit WHERE seq = 2"],
    ["deleting all of them", "DELETE FROM audit"],
    [
      "writing over a record",
      "INSERT OR REPLACE INTO audit (seq, body, hash) SELECT seq, body, hash FROM audit WHERE seq = 2",
    ],
    ["leaving a gap", "INSERT INTO audit (seq, body, hash) SELECT 99, body, hash FROM audit WHERE seq = 2"],
    ["hiding a record from a search", "DELETE FROM audit_key WHERE seq = 2"],
    ["renaming what it is found by", "UPDATE audit_key SET value = 'x' WHERE seq = 2"],
    ["saying that it happened another day", "UPDATE audit SET at = 0 WHERE seq = 2"],
    ["letting a record be found by another patient", "INSERT INTO audit_key VALUES ('patient', '1', 2)"],
    ["letting a record be found by its patient as a user", "INSERT INTO audit_key VALUES ('user', '280017500', 2)"],
    ["filing a record that is not there", "INSERT INTO audit_key VALUES ('study', '2.25.1', 99)"],
  ])("does not let a bug of ours do it: %s", async (_name, sql) => {
    await store.appendAuditRecords(records(3));
    await behindTheBox((db) => expect(() => db.exec(sql)).toThrow());
    expect(await store.verifyAudit({})).toMatchObject({ read: 4, broken: undefined });
  });

  it.each([
    ["a record that is hidden from a search", "DELETE FROM audit_key WHERE seq = 4 AND kind = 'patient'", 4, "index"],
    ["a record that another patient's search finds", "INSERT INTO audit_key VALUES ('patient', '1', 4)", 4, "index"],
    [
      "a patient exchanged for another",
      "UPDATE audit_key SET value = '1' WHERE seq = 4 AND kind = 'patient'",
      4,
      "index",
    ],
    ["an entry of no record", "INSERT INTO audit_key VALUES ('patient', '1', 99)", 99, "missing"],
  ])("tells of %s", async (_name, sql, seq, reason) => {
    await store.appendAuditRecords(records(9));
    await tamper(sql);
    expect((await store.verifyAudit({})).broken).toEqual({ seq, reason });
  });

  it.each([
    ["cut off", "DELETE FROM audit WHERE seq > 5; DELETE FROM audit_key WHERE seq > 5", "missing"],
    [
      "written anew",
      "UPDATE audit_export SET hash = zeroblob(32)", // As after a rewrite: what was sent is not what is there.
      "altered",
    ],
  ])("tells of an end %s that the outside repository had taken", async (_name, sql, reason) => {
    await store.appendAuditRecords(records(9));
    await store.setAuditExported({ seq: 8, at });
    expect(await store.verifyAudit({})).toMatchObject({ read: 10, broken: undefined });
    await tamper(sql);
    expect((await store.verifyAudit({})).broken).toEqual({ seq: 8, reason });
    expect(await store.auditExportBroken()).toEqual({ seq: 8, reason });
  });

  it("keeps the record of a step with the step, or neither", async () => {
    const message = {
      kind: "hl7",
      receivedAt: at,
      sender: "RIS",
      digest: Buffer.from("1"),
      peer: "127.0.0.1",
      bytes: Buffer.from("MSH"),
      answer: Buffer.from("AA"),
    } as const;
    await store.recordMessage({ ...message, controlId: "1", audit: [record(1)] });
    await store.recordMessage({ ...message, controlId: "1", audit: [record(2)] });
    expect(await store.auditRecords({ limit: 10 })).toHaveLength(2);
    const step = { examId: 7, revision: 0, to: "parked", attempts: 0, event: { at, kind: "parked" } } as const;
    await expect(store.advanceExam({ ...step, audit: [record(3)] })).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    expect(await store.auditHead()).toMatchObject({ seq: 2 });
  });

  it("goes on with the chain when it is opened again", async () => {
    await store.appendAuditRecords(records(2));
    await behindTheBox(() => {});
    await store.appendAuditRecords(records(2));
    expect(await store.verifyAudit({})).toMatchObject({ read: 5, broken: undefined });
  });

  describe("when old records go", () => {
    const old = (days: number) => new Date(at.getTime() - days * DAY);

    beforeEach(() =>
      store.appendAuditRecords([1300, 1200, 1100, 800, 2].map((days) => record(days, { at: old(days) }))),
    );

    it("has a record in their place, and still holds", async () => {
      expect(await store.purgeAudit({ before: old(1095), at })).toEqual({ purged: 4, more: false, held: false });
      expect(await store.auditSince()).toEqual(old(800));
      expect(await store.verifyAudit({})).toEqual({ read: 3, next: undefined, broken: undefined });
      const [newest] = await store.auditRecords({ limit: 1 });
      expect(newest).toMatchObject({ event: "audit-purged", facts: { first: 1, last: 4 } });
      expect(await store.auditRecords({ study: "2.25.1200", limit: 10 })).toEqual([]);
      expect(await store.auditRecords({ study: "2.25.800", limit: 10 })).toHaveLength(1);
    });

    it("goes in parts, and tells of a part that somebody took besides", async () => {
      expect(await store.purgeAudit({ before: old(1095), at, limit: 2 })).toEqual({
        purged: 2,
        more: true,
        held: false,
      });
      expect(await store.purgeAudit({ before: old(1095), at, limit: 9 })).toEqual({
        purged: 2,
        more: false,
        held: false,
      });
      expect(await store.purgeAudit({ before: old(1095), at, limit: 9 })).toEqual({
        purged: 0,
        more: false,
        held: false,
      });
      expect((await store.verifyAudit({})).broken).toBeUndefined();
      await tamper("DELETE FROM audit WHERE seq = 5");
      expect((await store.verifyAudit({})).broken).toEqual({ seq: 6, reason: "missing" });
    });

    it("never takes one that is younger than a year, whatever it is told", async () => {
      await expect(store.purgeAudit({ before: at, at })).rejects.toThrow();
      expect(await store.verifyAudit({})).toMatchObject({ read: 6, broken: undefined });
    });

    const hashOf = (db: Database.Database, seq: number) =>
      (db.prepare("SELECT hash FROM audit WHERE seq = ?").pluck().get(seq) as Buffer).toString("hex");
    /** A record of a purge, well chained, as somebody writes it who knows how. */
    function forge(db: Database.Database, made: Date, facts: Record<string, unknown>): void {
      const { seq, hash } = db.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").get() as {
        seq: number;
        hash: Buffer;
      };
      const body = JSON.stringify({ at: made.getTime(), event: "audit-purged", outcome: 0, facts });
      const place = Buffer.alloc(8);
      place.writeBigUInt64BE(BigInt(seq + 1));
      const sealed = createHash("sha256").update(hash).update(place).update(body).digest();
      db.prepare("INSERT INTO audit (seq, body, hash) VALUES (?, ?, ?)").run(seq + 1, body, sealed);
    }
    const all = { first: 1, last: 6, newest: old(2).getTime() };
    const inTenYears = new Date(at.getTime() + 3650 * DAY);
    // The last column: what is found all the same when the guards were taken away. An unkeyed chain cannot know better.
    const forged = [
      ["of today's records, dated in the future", inTenYears, all, "purge"],
      ["of today's records, dated today", at, all, "purge"],
      ["of today's records, said to be old", at, { ...all, newest: old(1100).getTime() }, undefined],
      ["that does not begin with the oldest", at, { first: 2, last: 3, newest: old(1200).getTime() }, undefined],
      ["that does not say how old they were", at, { first: 1, last: 2 }, "purge"],
      ["of nothing", at, {}, "missing"],
    ] as const;

    it.each(forged)("does not believe a purge %s", async (_name, made, facts) => {
      await behindTheBox((db) => {
        const last = "last" in facts ? facts.last : 1;
        expect(() => forge(db, made, { ...facts, hash: hashOf(db, last) })).toThrow("a purge is not as it says");
        expect(() => db.exec("DELETE FROM audit")).toThrow("an audit record is kept");
      });
      expect(await store.verifyAudit({})).toMatchObject({ read: 6, broken: undefined });
    });

    it.each(forged)(
      "tells what can be told of a purge %s, the guards taken away",
      async (_name, made, facts, reason) => {
        await tamper("SELECT 1");
        await behindTheBox((db) => {
          const last = "last" in facts ? facts.last : 1;
          forge(db, made, { ...facts, hash: hashOf(db, last) });
          db.exec(`DELETE FROM audit WHERE seq <= ${last}; DELETE FROM audit_key WHERE seq <= ${last}`);
        });
        expect((await store.verifyAudit({})).broken?.reason).toBe(reason);
      },
    );

    it("tells of a purge that has purged nothing", async () => {
      await tamper("SELECT 1");
      await behindTheBox((db) =>
        forge(db, at, { first: 1, last: 2, newest: old(1300).getTime(), hash: hashOf(db, 2) }),
      );
      expect((await store.verifyAudit({})).broken).toEqual({ seq: 7, reason: "purge" });
    });

    it("tells of a purge dated before the one before it", async () => {
      await store.purgeAudit({ before: old(1250), at });
      await tamper("SELECT 1");
      await behindTheBox((db) => {
        forge(db, old(1), { first: 3, last: 3, newest: old(1200).getTime(), hash: hashOf(db, 3) });
        db.exec("DELETE FROM audit WHERE seq = 3; DELETE FROM audit_key WHERE seq = 3");
      });
      expect((await store.verifyAudit({})).broken).toEqual({ seq: 8, reason: "purge" });
    });

    it("keeps what the outside repository does not have, when it is to have everything", async () => {
      const due = { before: old(1095), at, exported: true };
      expect(await store.purgeAudit(due)).toEqual({ purged: 0, more: false, held: true });
      await store.setAuditExported({ seq: 2, at });
      expect(await store.purgeAudit(due)).toEqual({ purged: 2, more: false, held: true });
      await store.setAuditExported({ seq: 7, at });
      expect(await store.purgeAudit(due)).toEqual({ purged: 2, more: false, held: false });
      expect((await store.verifyAudit({})).broken).toBeUndefined();
    });

    it("stops at the first one that must stay, though older ones follow it", async () => {
      await store.appendAuditRecords([record(0, { at: old(1200) })]);
      expect(await store.purgeAudit({ before: old(1095), at })).toMatchObject({ purged: 4 });
    });
  });

  describe("searched", () => {
    beforeEach(() =>
      store.appendAuditRecords([
        record(1, { users: [{ id: "10100000001" }], documents: ["1.2.3"] }),
        record(2, {
          users: [{ id: "10100000001" }],
          event: "manifest-published",
          outcome: 8,
          code: "DMP_REGISTRY_ERROR",
        }),
        record(3, { users: [{ id: "10100000002" }], studies: ["2.25.3", "2.25.4"] }),
      ]),
    );
    const found = async (search: object) => (await store.auditRecords({ limit: 100, ...search })).map(({ seq }) => seq);

    it.each([
      ["a patient", { patient: "280017502" }, [3]],
      ["a professional", { user: "10100000001" }, [3, 2]],
      ["a study, even the second of its record", { study: "2.25.4" }, [4]],
      ["a document", { document: "1.2.3" }, [2]],
      ["an event", { event: "manifest-published" }, [3]],
      ["failures", { failed: true }, [3]],
      ["a period", { from: new Date(at.getTime() + 2000), to: new Date(at.getTime() + 3000) }, [3]],
      ["the time since", { from: new Date(at.getTime() + 2000) }, [4, 3]],
      ["the time until", { to: new Date(at.getTime() + 2000) }, [2, 1]],
      ["all of it together", { user: "10100000001", failed: true, from: at }, [3]],
      ["nobody", { patient: "x' OR 1=1 --" }, []],
    ])("finds by %s", async (_name, search, seqs) => {
      expect(await found(search)).toEqual(seqs);
    });

    it("gives pages that neither repeat nor skip while records come in", async () => {
      expect(await found({ limit: 2 })).toEqual([4, 3]);
      await store.appendAuditRecords([record(5)]);
      expect(await found({ limit: 2, before: 3 })).toEqual([2, 1]);
    });

    it("gives the record as it was made", async () => {
      const [one] = await store.auditRecords({ document: "1.2.3", limit: 1 });
      expect(one).toEqual({ ...record(1, { users: [{ id: "10100000001" }], documents: ["1.2.3"] }), seq: 2 });
    });
  });
});
