import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type ExamOpening,
  type NewMessage,
  type OpenedMessage,
  openStore,
  type Store,
} from "../../appliance/store/index.ts";

const at = new Date("2026-11-25T08:00:00Z");

describe("the store", () => {
  let folder: string;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
    store = await openStore(join(folder, "box.db"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("gives the same answer to the same message, and keeps it once", async () => {
    const first = await store.recordMessage(message("M1", "AA 1"));
    const again = await store.recordMessage(message("M1", "AA 2"));
    expect(first.fresh).toBe(true);
    expect(again).toMatchObject({ id: first.id, fresh: false });
    expect(Buffer.from(again.answer).toString()).toBe("AA 1");
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(1);
  });

  it("takes a control id used again for other bytes as another message", async () => {
    await store.recordMessage(message("M1", "AA"));
    const other = await store.recordMessage({ ...message("M1", "AA"), digest: Buffer.from("other") });
    expect(other.fresh).toBe(true);
  });

  it("keeps what was accepted across a restart", async () => {
    await store.recordMessage(message("M1", "AA"));
    await store.close();
    store = await openStore(join(folder, "box.db"));
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(1);
  });

  it("opens a message once, whoever asks again", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    await store.openMessage(report(id, [opening("2.25.1")]));
    await store.openMessage(report(id, [opening("2.25.1")]));
    expect(await store.exams({ limit: 10 })).toHaveLength(1);
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(0);
    expect(await store.timeline({ examId: 1 })).toHaveLength(1);
  });

  it("applies a step on the revision it was decided on, or not at all", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    await store.openMessage(report(id, [opening("2.25.1")]));
    const exam = await store.exam({ id: 1 });
    const step = {
      examId: 1,
      revision: exam!.revision,
      to: "parked",
      attempts: 1,
      event: { at, kind: "parked" },
    } as const;
    await store.advanceExam(step);
    await expect(store.advanceExam(step)).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    expect(await store.exam({ id: 1 })).toMatchObject({ state: "parked", revision: exam!.revision + 1 });
    expect((await store.timeline({ examId: 1 })).map((event) => event.kind)).toEqual(["opened", "parked"]);
  });

  it("lets one failing call undo itself alone when many are committed together", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    const results = await Promise.allSettled([
      store.openMessage(report(id, [opening("2.25.1"), opening("2.25.1")])),
      store.recordMessage(message("M2", "AA")),
    ]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "fulfilled"]);
    expect(await store.exams({ limit: 10 })).toHaveLength(0);
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(2);
  });

  it("hands out what is due and says when the next falls due", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    const later = new Date(at.getTime() + 60_000);
    await store.openMessage(report(id, [opening("2.25.1"), { ...opening("2.25.2"), nextAt: later }]));
    const due = await store.dueExams({
      state: "searching",
      now: at,
      horizon: new Date(at.getTime() + 3_600_000),
      limit: 10,
    });
    expect(due.map((exam) => exam.studyInstanceUID)).toEqual(["2.25.1"]);
    expect(await store.nextDue({ state: "searching", after: at })).toEqual(later);
    expect(await store.counts()).toMatchObject({ exams: { searching: 2 }, oldestWork: at });
  });

  it("keeps a floor under the clock, and lets one that was wrong come down", async () => {
    await store.heartbeat({ now: at });
    const past = new Date(at.getTime() - 86_400_000);
    let floor = await store.heartbeat({ now: past });
    expect(floor.getTime()).toBeGreaterThan(past.getTime() + 70_000_000);
    for (let beat = 0; beat < 100; beat++) floor = await store.heartbeat({ now: past });
    expect(floor.getTime() - past.getTime()).toBeLessThan(60_000);
  });

  it("takes work that was put off while the clock was ahead as due", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    const nextYear = new Date(at.getTime() + 365 * 86_400_000);
    await store.openMessage(report(id, [{ ...opening("2.25.1"), nextAt: nextYear }]));
    const horizon = new Date(at.getTime() + 3_600_000);
    expect(await store.dueExams({ state: "searching", now: at, horizon, limit: 10 })).toHaveLength(1);
  });

  it("keeps little of what was refused, and takes it when it is accepted later", async () => {
    const bytes = Buffer.alloc(200_000);
    await store.recordMessage({ ...message("M1", "AE"), bytes, refusal: "HL7_VERSION" });
    expect(await store.recordMessage({ ...message("M1", "AE 2"), bytes, refusal: "HL7_VERSION" })).toMatchObject({
      fresh: false,
    });
    expect(await store.recordMessage({ ...message("M1", "AA"), bytes })).toMatchObject({ fresh: true });
    const [waiting] = await store.waitingMessages({ limit: 10 });
    expect(waiting?.bytes.length).toBe(bytes.length);
    expect((await store.counts()).messages).toMatchObject({ received: 1, refused: 0 });
  });

  it("sets an unreadable message aside, counted, until another version reads it", async () => {
    const { id } = await store.recordMessage(message("M1", "AA"));
    await store.setMessageAside({ id, code: "CDA_NOT_XML" });
    expect(await store.waitingMessages({ limit: 10 })).toEqual([]);
    expect((await store.counts()).messages.unreadable).toBe(1);
    expect(await store.reconsiderMessages()).toBe(1);
    expect(await store.waitingMessages({ limit: 10 })).toHaveLength(1);
  });

  it("belongs to one process at a time", async () => {
    await expect(openStore(join(folder, "box.db"))).rejects.toMatchObject({ code: "STORE_IN_USE" });
  });

  it("refuses a database of a newer version with a sentence", async () => {
    const file = join(folder, "newer.db");
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(file);
    db.pragma("user_version = 99");
    db.close();
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_NEWER" });
  });

  it("refuses a damaged file with a sentence", async () => {
    const file = join(folder, "damaged.db");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(file, "this is not a database, and it is long enough to be looked at as one".repeat(20));
    await expect(openStore(file)).rejects.toMatchObject({ code: "STORE_CORRUPT" });
  });

  it("answers every call after it was closed with an error", async () => {
    await store.close();
    await expect(store.counts()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    store = await openStore(join(folder, "box.db"));
  });
});

function message(controlId: string, answer: string): NewMessage {
  return {
    kind: "hl7",
    receivedAt: at,
    sender: "RIS|SITE",
    controlId,
    digest: Buffer.from(`digest of ${controlId}`),
    peer: "127.0.0.1",
    bytes: Buffer.from("MSH|"),
    answer: Buffer.from(answer),
  };
}

function report(messageId: number, exams: ExamOpening[]): OpenedMessage {
  const content = {
    kind: "report",
    documentId: "1.2.3",
    documentDigest: Buffer.from("d"),
    action: "create",
    substance: Buffer.alloc(0),
    ends: [],
  } as const;
  return { messageId, at, content, exams };
}

function opening(studyInstanceUID: string): ExamOpening {
  return {
    structure: "1750099999",
    studyInstanceUID,
    ipp: "P0001",
    ippOid: "1.2.250.1.999.7",
    accessions: ["ACC-1"],
    keys: ["P0001", "ACC-1"],
    state: "searching",
    cause: "report",
    nextAt: at,
    event: { at, kind: "opened" },
  };
}
