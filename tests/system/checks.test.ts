import { describe, expect, it } from "vitest";
import { defineErrors, silent } from "../../appliance/base/index.ts";
import {
  answers,
  BUILD_DATE,
  type Check,
  certificatesCheck,
  clockCheck,
  createBoard,
  createLogger,
  diskCheck,
  queueCheck,
} from "../../appliance/system/index.ts";

const now = new Date("2027-03-01T12:00:00Z");
const clock = () => now;
const daysFromNow = (days: number) => new Date(now.getTime() + days * 86_400_000);
const state = async (check: Check) => (await check.run()).state;

describe("the checks", () => {
  it("says of the clock that it went back, or never left the factory", async () => {
    const seen = (date: Date) => clockCheck(async () => date, clock);
    expect(await state(seen(now))).toBe("ok");
    expect(await state(seen(daysFromNow(0.001)))).toBe("ok");
    expect(await state(seen(daysFromNow(1)))).toBe("error");
    const early = clockCheck(
      async (present) => present,
      () => new Date(BUILD_DATE.getTime() - 86_400_000),
    );
    expect(await state(early)).toBe("error");
  });

  it("warns of certificates six weeks ahead, and takes one from the future for a clock that is late", async () => {
    const watched = (from: number, to: number, name = "SIGN", authority: "igc-sante" | "market" = "igc-sante") => {
      return { name, validFrom: daysFromNow(from), validTo: daysFromNow(to), authority };
    };
    const certificate = (from: number, to: number) => certificatesCheck(() => [watched(from, to)], clock);
    expect(await state(certificate(-10, 300))).toBe("ok");
    expect(await state(certificate(-1000, 30))).toBe("warning");
    // One of 90 days has its last third to be renewed in, and those that are in use now are looked at.
    expect(await state(certificate(-55, 35))).toBe("ok");
    expect(await state(certificate(-65, 25))).toBe("warning");
    const inUse = [watched(-900, 300), watched(-80, 10, "images.tls", "market")];
    const renewed = certificatesCheck(() => inUse, clock);
    const warning = await renewed.run();
    expect(warning).toMatchObject({ state: "warning", message: { en: expect.stringContaining("images.tls") } });
    expect(warning.remedy?.en).toContain("two files");
    inUse[1] = watched(0, 90, "images.tls", "market");
    expect(await state(renewed)).toBe("ok");
    expect(await state(certificate(-10, -1))).toBe("error");
    expect((await certificate(1, 300).run()).remedy?.fr).toContain("heure");
  });

  it("warns of work that grows old and of exams that wait for a person", async () => {
    const counts = (oldest: Date | undefined, parked: number, flagged = 0, unreadable = 0) => ({
      exams: { searching: 0, checking: 0, publishing: 0, published: 0, parked, closed: 0 },
      messages: { received: 0, opened: 0, refused: 0, unreadable },
      flagged,
      parkedInRecord: 0,
      oldestWork: oldest,
      lastMessageAt: undefined,
    });
    expect(await state(queueCheck(async () => counts(undefined, 0), clock))).toBe("ok");
    expect(await state(queueCheck(async () => counts(daysFromNow(-2), 0), clock))).toBe("warning");
    expect(await state(queueCheck(async () => counts(undefined, 3), clock))).toBe("warning");
    expect(await state(queueCheck(async () => counts(undefined, 0, 1), clock))).toBe("warning");
    expect(await state(queueCheck(async () => counts(undefined, 0, 0, 1), clock))).toBe("error");
  });

  it("measures the disk", async () => {
    expect(["ok", "warning", "error"]).toContain(await state(diskCheck("/")));
  });

  it("gives the sentence of the error when a peer does not answer", async () => {
    const sentence = { fr: "Le pair est parti.", en: "The peer is gone." };
    const { fault } = defineErrors("test", { TEST_GONE: { retry: "later", message: sentence, remedy: sentence } });
    const check = answers("pacs", { fr: "Le PACS", en: "The PACS" }, () => Promise.reject(fault("TEST_GONE")));
    expect(await check.run()).toMatchObject({ state: "error", message: { fr: "Le PACS : Le pair est parti." } });
  });
});

describe("the board", () => {
  it("is as bad as its worst check, and survives one that fails or hangs", async () => {
    const fine: Check = { id: "fine", run: async () => ({ state: "ok", message: { fr: "", en: "" } }) };
    const broken: Check = { id: "broken", run: () => Promise.reject(new Error("bug")) };
    expect(await createBoard([fine], silent).read()).toMatchObject({ state: "ok" });
    expect(await createBoard([fine, broken], silent).read()).toMatchObject({
      state: "error",
      checks: [{ state: "ok" }, { id: "broken", state: "error" }],
    });
  });

  it("asks outside systems once for many readers", async () => {
    let asked = 0;
    const check: Check = {
      id: "pacs",
      run: async () => {
        asked += 1;
        return { state: "ok", message: { fr: "", en: "" } };
      },
    };
    const board = createBoard([check], silent);
    await Promise.all(Array.from({ length: 20 }, () => board.read()));
    expect(asked).toBe(1);
  });
});

describe("the log", () => {
  it("reduces an error to its code and place: what it compared never gets there", () => {
    const sentence = { fr: "Deux valeurs diffèrent.", en: "Two values differ." };
    const { fault } = defineErrors("test", { TEST_DIFFERS: { retry: "human", message: sentence, remedy: sentence } });
    const lines: string[] = [];
    const log = createLogger({ level: "info", write: (line) => lines.push(line) });
    const cause = new Error("patient ESSAI LUCIE");
    log.warn(
      { error: fault("TEST_DIFFERS", { where: "PID-3", values: { report: "285039999900196" }, cause }) },
      "parked",
    );
    expect(JSON.parse(lines[0] as string)).toMatchObject({
      level: "warn",
      error: { code: "TEST_DIFFERS", where: "PID-3" },
    });
    log.error({ error: cause }, "a defect");
    expect(JSON.parse(lines[1] as string).error).toMatchObject({
      kind: "Error",
      stack: expect.stringMatching(/^\s+at /),
    });
    expect(lines.join()).not.toMatch(/ESSAI|285039999900196/);
  });
});
