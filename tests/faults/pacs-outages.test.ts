/** What the box does when the PACS is away, answers nonsense, lacks a study, or files it under somebody else. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptFrom, createServer, type DicomServer, StudyRoot, statusFault } from "../../appliance/dimse/index.ts";
import { EXPLICIT } from "../support/dimse.ts";
import { type End, Line } from "./line.ts";
import { images } from "./people.ts";
import { type Case, eventually, manifestsOf, openPractice, type Practice, type PracticeOptions } from "./practice.ts";

let practice: Practice;
let line: Line;

async function open(options: PracticeOptions = {}): Promise<void> {
  line = new Line();
  await line.leadTo("mute");
  const pacs = { host: "127.0.0.1", port: line.port, aeTitle: "PACS", timeoutSeconds: 0.5 };
  practice = await openPractice({ pacs, ...options });
  await line.leadTo(practice.pacs);
}

afterEach(async () => {
  expect(practice.errors()).toEqual([]);
  await practice[Symbol.asyncDispose]();
  await line.leadTo("off");
});

async function steps(one: Case): Promise<string[]> {
  const { timeline } = await practice.exam(one);
  return timeline.map(({ kind, code }) => (code === undefined ? kind : `${kind} ${code}`));
}

const count = async (one: Case, step: string) => (await steps(one)).filter((each) => each === step).length;

describe("a PACS that is away", () => {
  let failing: DicomServer | undefined;
  beforeEach(() => open());
  afterEach(async () => {
    await failing?.close();
    failing = undefined;
  });

  /** A PACS under `aeTitle` that answers every query with `status`. */
  async function failingPacs(aeTitle: string, status: number): Promise<End> {
    failing = createServer({
      aeTitles: [aeTitle],
      allow: { callingAETitles: "any", addresses: ["127.0.0.1"] },
      acceptContext: acceptFrom(new Map([[StudyRoot.find, [EXPLICIT]]])),
      limits: { drain: 100 },
      handlers: {
        async *find() {
          yield* [];
          throw statusFault("C-FIND", status);
        },
      },
    });
    return failing.listen(0, "127.0.0.1");
  }

  interface Outage {
    readonly what: string;
    end(): Promise<End>;
    readonly code: string;
    /** It answers a C-ECHO all the same. */
    readonly echoes?: boolean;
  }
  const outages: readonly Outage[] = [
    { what: "is off", end: async () => "off", code: "PACS_UNREACHABLE" },
    { what: "takes the call and never answers", end: async () => "mute", code: "PACS_UNREACHABLE" },
    {
      what: "hangs up in the middle of an answer",
      end: async () => ({ port: practice.pacs.port, cutAfter: 300 }),
      code: "PACS_INTERRUPTED",
      echoes: true,
    },
    { what: "knows us under no such name", end: () => failingPacs("ANOTHER", 0), code: "PACS_REFUSED" },
    { what: "is out of resources", end: () => failingPacs("PACS", 0xa700), code: "PACS_BUSY" },
    { what: "is unable to process", end: () => failingPacs("PACS", 0xc001), code: "PACS_FAILED" },
  ];

  it.each(outages)("$what: no absence, and published when it is back", async ({ end, code, echoes }) => {
    await line.leadTo(await end());
    const one = practice.newCase();
    await practice.submit(one);
    await eventually(async () => (await count(one, `fault ${code}`)) > 1, `${code} twice`);
    const { status, checks } = await practice.ready();
    expect([status, checks.find(({ id }) => id === "pacs PACS 1")?.state]).toEqual(
      echoes ? [200, "ok"] : [503, "error"],
    );
    expect(await practice.destinations()).toMatchObject({ DMP: "closed" });

    await line.leadTo(practice.pacs);
    await practice.reaches(one, "published");
    const { timeline } = await practice.exam(one);
    expect(new Set(timeline.map(({ kind }) => kind))).toEqual(
      new Set(["report-received", "fault", "prepared", "published"]),
    );
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });

  it("does not cost the exams that wait their attempts", async () => {
    await line.leadTo("off");
    const cases = Array.from({ length: 30 }, () => practice.newCase());
    for (const one of cases) await practice.submit(one);
    const attempts = async () => {
      const { exams } = JSON.parse((await practice.site.api("GET", "/exams?limit=500")).toString()) as {
        exams: { attempts: number }[];
      };
      return exams.reduce((sum, exam) => sum + exam.attempts, 0);
    };
    const [before, began] = [await attempts(), Date.now()];
    await sleep(2000);
    const spent = (await attempts()) - before;
    // One try for each time that the breaker lets one through: 200 ms less a quarter.
    expect(spent).toBeLessThanOrEqual((Date.now() - began) / 150 + 1);
    await line.leadTo(practice.pacs);
    for (const one of cases) await practice.reaches(one, "published");
  });
});

describe("a study that is not in the PACS", () => {
  it("is looked for again, and published when it arrives", async () => {
    await open();
    const one = practice.newCase();
    await practice.report(one);
    await eventually(async () => (await count(one, "absent")) > 2, "looked for three times");
    practice.pacs.add(images(one.patient, one.study));
    await practice.reaches(one, "published");
    expect(new Set(await steps(one))).toEqual(new Set(["report-received", "absent", "prepared", "published"]));
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });

  it("is a matter for a person after studyWaitDays; a retry looks again", async () => {
    await open({ settings: { source: { studyWaitDays: 0 } } });
    const one = practice.newCase();
    await practice.report(one);
    expect((await practice.reaches(one, "parked")).exam.code).toBe("SOURCE_STUDY_NOT_FOUND");
    await practice.retry(one);
    await eventually(async () => (await count(one, "doubted SOURCE_STUDY_NOT_FOUND")) === 2, "parked again");
    practice.pacs.add(images(one.patient, one.study));
    await practice.retry(one);
    await practice.reaches(one, "published");
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });

  it("is not given up because the PACS was away for that long", async () => {
    await open({ settings: { source: { studyWaitDays: 0 } } });
    await line.leadTo("off");
    const one = practice.newCase();
    await practice.submit(one);
    await eventually(async () => (await count(one, "fault PACS_UNREACHABLE")) > 2, "three faults");
    await line.leadTo(practice.pacs);
    await practice.reaches(one, "published");
  });
});

describe("a study that the PACS files under something else", () => {
  const table = [
    ["patient", { patientID: "IPP-999999" }, "SOURCE_IPP_MISMATCH", "IPP-000001", "IPP-999999"],
    ["accession number", { accessionNumber: "ACC-OTHER" }, "SOURCE_ACCESSION_MISMATCH", "ACC-26-1", "ACC-OTHER"],
    ["no patient", { patientID: "" }, "SOURCE_IPP_MISMATCH", "IPP-000001", ""],
    ["no accession number", { accessionNumber: "" }, "SOURCE_ACCESSION_MISMATCH", "ACC-26-1", ""],
  ] as const;

  it.each(table)("%s %o: nothing leaves, both values are shown", async (_, filed, code, report, pacs) => {
    await open();
    const one = practice.newCase();
    await practice.submit(one, filed);
    const { exam } = await practice.reaches(one, "parked");
    expect(exam).toMatchObject({ code, compared: { report, pacs, name: "PACS 1" } });
    // As often as it is retried.
    await practice.retry(one);
    await eventually(async () => (await count(one, `doubted ${code}`)) === 2, "parked again");
    expect(practice.site.dmp.counts()).toEqual({ repository: 0, registry: 0 });

    practice.pacs.remove(one.study.studyInstanceUID);
    practice.pacs.add(images(one.patient, one.study));
    await practice.retry(one);
    const { exam: after } = await practice.reaches(one, "published");
    expect(after).not.toHaveProperty("code");
    expect(manifestsOf(practice.site.dmp, one.study)).toHaveLength(1);
  });
});
