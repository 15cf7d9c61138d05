/** What the box does with each way in which the national record can fail. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../scripts/sandbox/dmp/index.ts";
import { images, recordOf, reportMessage } from "./people.ts";
import { type Case, eventually, manifestsOf, openPractice, type Practice } from "./practice.ts";

let practice: Practice;
beforeAll(async () => {
  practice = await openPractice();
});
afterAll(() => practice[Symbol.asyncDispose]());
afterEach(() => expect(practice.errors()).toEqual([]));

/** Each step of an exam: what happened and, if it was a fault, which. */
async function steps(one: Case): Promise<string[]> {
  const { timeline } = await practice.exam(one);
  return timeline.map(({ kind, code }) => (code === undefined ? kind : `${kind} ${code}`));
}

/** Submissions that reach the record while `work` is done. */
async function exchanges(work: () => Promise<unknown>): Promise<number> {
  const { dmp } = practice.site;
  const before = dmp.counts().repository;
  await work();
  return dmp.counts().repository - before;
}

describe("a record that fails is tried again, and has the manifest once", () => {
  const table: readonly (readonly [fault: Fault, times: number, code: string | undefined, duplicate: boolean])[] = [
    [{ kind: "silent" }, 2, "DMP_TIMEOUT", false],
    [{ kind: "reset" }, 2, "DMP_UNREACHABLE", false],
    [{ kind: "http500" }, 2, "DMP_HTTP_5XX", false],
    [{ kind: "http503" }, 2, "DMP_BUSY", false],
    [{ kind: "soapFault" }, 2, "DMP_FAULT_RECEIVER", false],
    [{ kind: "registryError" }, 2, "DMP_BUSY", false],
    [{ kind: "registryError", code: "XDSRepositoryOutOfResources" }, 2, "DMP_BUSY", false],
    [{ kind: "garbage" }, 2, "DMP_ANSWER_UNREADABLE", false],
    [{ kind: "acceptThenSilent" }, 1, "DMP_TIMEOUT", true],
    [{ kind: "acceptThenReset" }, 1, "DMP_UNREACHABLE", true],
    [{ kind: "nonMtomAnswer" }, 1, undefined, false],
    [{ kind: "renamedPrefixes" }, 1, undefined, false],
    [{ kind: "successWithWarnings" }, 1, undefined, false],
  ];

  it.each(table)("%o, %i time(s): %s", async (fault, times, code, duplicate) => {
    const one = practice.newCase();
    practice.site.dmp.faults.next(fault, times);
    const attempts = await exchanges(async () => {
      await practice.submit(one);
      await practice.reaches(one, "published");
    });
    const faults = code === undefined ? [] : Array.from({ length: times }, () => `fault ${code}`);
    expect(await steps(one)).toEqual(["report-received", "prepared", ...faults, "published"]);
    expect(attempts).toBe(faults.length + 1);
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
    const { timeline, exam } = await practice.exam(one);
    expect(timeline.at(-1)?.facts?.verified ?? false).toBe(duplicate);
    expect(exam.code, "a published exam has no fault left").toBeUndefined();
  });

  it("keeps the warnings of a success", async () => {
    const one = practice.newCase();
    practice.site.dmp.faults.next({ kind: "successWithWarnings" });
    await practice.submit(one);
    const { timeline } = await practice.reaches(one, "published");
    expect(JSON.stringify(timeline.at(-1)?.facts?.warnings)).toContain("XDSExtraMetadataNotSaved");
  });

  it("slower than the box is patient: the late registration and the second try do not make two", async () => {
    const one = practice.newCase();
    practice.site.dmp.faults.next({ kind: "slow", ms: 2500 });
    await practice.submit(one);
    await practice.reaches(one, "published");
    expect(await steps(one)).toEqual(["report-received", "prepared", "fault DMP_TIMEOUT", "published"]);
    // The first attempt is still on its way inside the record: it must come too late.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });
});

describe("a manifest that is made again", () => {
  it("is the very same while nothing has changed: the record can take it once only", async () => {
    const one = practice.newCase();
    practice.site.dmp.faults.next({ kind: "registryError", code: "XDSRegistryMetadataError" });
    await practice.submit(one);
    const refused = await practice.reaches(one, "parked");
    // Past the second that the manifest bears.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await practice.retry(one);
    const published = await practice.reaches(one, "published");
    expect(published.submission?.manifest).toBe(refused.submission?.manifest);
  });

  it("is another once the PACS has another image", async () => {
    const one = practice.newCase();
    practice.site.dmp.faults.next({ kind: "registryError", code: "XDSRegistryMetadataError" });
    await practice.submit(one);
    const refused = await practice.reaches(one, "parked");
    practice.pacs.add(images(one.patient, one.study, { series: [{ kind: "CT", images: 3 }, { kind: "SR" }] }));
    await practice.retry(one);
    const published = await practice.reaches(one, "published");
    expect(published.submission?.manifest).not.toBe(refused.submission?.manifest);
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });
});

describe("a record that refuses is asked once, and a person decides", () => {
  interface Refusal {
    readonly why: string;
    readonly code: string;
    refuse(one: Case): void;
    mend?(one: Case): void;
  }
  const byCode = (code: string, expected: string): Refusal => ({
    why: code,
    code: expected,
    refuse: () => practice.site.dmp.faults.next({ kind: "registryError", code }),
  });
  const table: readonly Refusal[] = [
    {
      why: "the patient has no record",
      code: "DMP_PATIENT_UNKNOWN",
      refuse: ({ patient }) => practice.site.dmp.unknownPatients.add(recordOf(patient)),
      mend: ({ patient }) => practice.site.dmp.unknownPatients.delete(recordOf(patient)),
    },
    {
      why: "the record is closed",
      code: "DMP_PATIENT_CLOSED",
      refuse: ({ patient }) => practice.site.dmp.closedRecords.add(recordOf(patient)),
      mend: ({ patient }) => practice.site.dmp.closedRecords.delete(recordOf(patient)),
    },
    byCode("XDSRegistryMetadataError", "DMP_REFUSED"),
    byCode("XDSNonIdenticalHash", "DMP_REFUSED"),
    byCode("XDSReplaceFailed", "DMP_STATE_CONFLICT"),
    byCode("LocalPolicyRestrictionError", "DMP_POLICY_REFUSED"),
    byCode("XDSDuplicateUniqueIdInRegistry", "DMP_DUPLICATE_CONFLICT"),
    byCode("DMPSomethingOfNextYear", "DMP_REGISTRY_ERROR"),
  ];

  it.each(table)("$why: parked $code, published once it is mended and retried", async ({ code, refuse, mend }) => {
    const one = practice.newCase();
    const other = practice.newCase();
    refuse(one);
    const attempts = await exchanges(async () => {
      await practice.submit(one);
      expect((await practice.reaches(one, "parked")).exam.code).toBe(code);
      // It holds up nobody else.
      await practice.submit(other);
      await practice.reaches(other, "published");
    });
    expect(attempts).toBe(2);
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(0);
    mend?.(one);
    await practice.retry(one);
    await practice.reaches(one, "published");
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
    const refused = ["report-received", "prepared", `refused ${code}`];
    expect(await steps(one)).toEqual([...refused, "retried", "prepared", "published"]);
  });

  it("waits for an attempt that may still take effect, before it sends something else", async () => {
    await using slow = await openPractice({
      settings: { source: { retryFirstSeconds: 0.4, retryLongestSeconds: 0.4 } },
    });
    const { dmp } = slow.site;
    const one = slow.newCase();
    const { studyInstanceUID } = one.study;
    // Longer than the box is patient: it gives the attempt up and cannot know what becomes of it.
    dmp.faults.next({ kind: "slow", ms: 1800 });
    await slow.submit(one);
    await slow.site.examOf(studyInstanceUID, ({ timeline }) => timeline.some(({ code }) => code === "DMP_TIMEOUT"));
    const changes = { flags: { MASQUE_PS: "Y" } } as const;
    const hidden = reportMessage(one.patient, [one.study], one.name, { controlId: `${one.name}-hidden`, changes });
    expect(await slow.site.send(hidden)).toContain("MSA|AA|");
    const inForce = () => dmp.approvedManifests(studyInstanceUID)[0];
    await eventually(() => inForce()?.metadata.includes("MASQUE_PS") === true, "the manifest is hidden");
    await slow.reaches(one, "published");
    expect(dmp.approvedManifests(studyInstanceUID)).toHaveLength(1);
    expect(dmp.doubles()).toEqual([]);
    const { timeline } = await slow.exam(one);
    expect(timeline.map(({ code }) => code)).toContain("SOURCE_ANSWER_AWAITED");
  });

  it("knows again that the record holds nothing, once an attempt came to nothing and nothing is left to send", async () => {
    const one = practice.newCase();
    const { faults } = practice.site.dmp;
    faults.always({ kind: "silent" });
    await practice.submit(one);
    await practice.site.examOf(one.study.studyInstanceUID, ({ timeline }) =>
      timeline.some(({ code }) => code === "DMP_TIMEOUT"),
    );
    practice.pacs.remove(one.study.studyInstanceUID);
    await practice.report({ ...one, name: `${one.name}-again` }, { changes: { flags: { MASQUE_PS: "Y" } } });
    await practice.reaches(one, "searching");
    expect((await practice.exam(one)).exam.record).toBe("unsure");
    faults.clear();
    const { exam } = await practice.site.examOf(one.study.studyInstanceUID, (view) => view.exam.record === "absent");
    expect(exam.state).toBe("searching");
    expect(practice.site.dmp.history(one.study.studyInstanceUID)).toEqual([]);
    practice.pacs.add(images(one.patient, one.study));
    await practice.reaches(one, "published");
    expect(practice.site.dmp.history(one.study.studyInstanceUID)).toHaveLength(1);
  });

  it("after an attempt whose answer was lost: the registry is asked before another manifest is made", async () => {
    const one = practice.newCase();
    practice.site.dmp.faults.next({ kind: "acceptThenReset" });
    practice.site.dmp.faults.next({ kind: "registryError", code: "XDSRegistryMetadataError" });
    await practice.submit(one);
    await practice.reaches(one, "parked");
    await practice.retry(one);
    await practice.reaches(one, "published");
    expect((await steps(one)).slice(-4)).toEqual(["refused DMP_REFUSED", "retried", "registered", "unchanged"]);
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });
});

describe("exams retried while the record is away", () => {
  it("do not hold up the search for others, nor blame the PACS", async () => {
    const { dmp } = practice.site;
    const retried = Array.from({ length: 6 }, () => practice.newCase());
    for (const one of retried) {
      dmp.faults.next({ kind: "registryError", code: "XDSRegistryMetadataError" });
      await practice.submit(one);
      await practice.reaches(one, "parked");
    }
    const asked = dmp.counts().registry;
    dmp.faults.always({ kind: "silent" });
    for (const one of retried) await practice.retry(one);
    await eventually(async () => (await practice.destinations()).DMP === "open", "the breaker opens");
    const others = Array.from({ length: 6 }, () => practice.newCase());
    for (const one of others) await practice.submit(one);
    for (const one of others) await practice.reaches(one, "publishing");
    expect(await practice.destinations()).toMatchObject({ "PACS 1": "closed" });
    expect(dmp.counts().registry - asked).toBeLessThan(2 * retried.length);

    dmp.faults.clear();
    for (const one of [...retried, ...others]) {
      await practice.reaches(one, "published");
      expect(manifestsOf(dmp, one.study)).toHaveLength(1);
    }
  });
});

describe("an outage with a hundred exams waiting", () => {
  const WAITING = 100;
  const OUTAGE_MS = 3_000;
  /** Least time between two tries of a record that is away: the longest delay less its jitter of a quarter. */
  const LEAST_PAUSE_MS = 150;
  const CONCURRENCY = 4;

  it("costs them no attempts, and ends without a storm", async () => {
    const concurrent: number[] = [];
    let finished = 0;
    await using hurried = await openPractice({
      onExchange: () => {
        concurrent.push(hurried.site.dmp.counts().repository - finished);
        finished += 1;
      },
    });
    const { dmp } = hurried.site;
    dmp.faults.always({ kind: "http500" });
    const cases = Array.from({ length: WAITING }, () => hurried.newCase());
    const began = Date.now();
    for (const one of cases) await hurried.submit(one);
    const exams = async () =>
      (JSON.parse((await hurried.site.api("GET", "/exams?limit=500")).toString()) as { exams: Waiting[] }).exams;
    await eventually(async () => (await exams()).every(({ state }) => state === "publishing"), "all are prepared");
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));

    const tries = dmp.counts().repository;
    const most = CONCURRENCY + Math.ceil((Date.now() - began) / LEAST_PAUSE_MS);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThanOrEqual(most);
    const attempts = (await exams()).reduce((sum, one) => sum + one.attempts, 0);
    expect(Math.abs(tries - attempts), "an exam that waits for the others spends no attempt").toBeLessThanOrEqual(1);
    expect(await hurried.destinations()).toEqual({ "PACS 1": "closed", DMP: expect.stringMatching(/open/) });

    // It comes back, and takes its time: what it has in hand shows at the end of each exchange.
    finished = dmp.counts().repository;
    dmp.faults.always({ kind: "slow", ms: 100 });
    await eventually(async () => (await exams()).every(({ state }) => state === "published"), "all are published");
    expect(concurrent).toHaveLength(WAITING);
    expect(concurrent[0]).toBe(1);
    expect(concurrent[1]).toBeLessThanOrEqual(2);
    expect(concurrent[2]).toBeLessThanOrEqual(4);
    expect(Math.max(...concurrent)).toBe(CONCURRENCY);
    for (const { study } of cases) expect(manifestsOf(dmp, study)).toHaveLength(1);
  });
});

interface Waiting {
  readonly state: string;
  readonly attempts: number;
}
