import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError, type Logger, silent } from "../../appliance/base/index.ts";
import { ExplicitVRLittleEndian, encodeDataSet, Tags } from "../../appliance/dicom/index.ts";
import { Status, statusFault } from "../../appliance/dimse/index.ts";
import { isPartial } from "../../appliance/pacs/index.ts";
import { testCertificate } from "../support/certificates.ts";
import { freePort } from "../support/dicom-peers.ts";
import {
  type Asked,
  anInstance,
  answer,
  aSeries,
  aStudy,
  CT,
  cutAfter,
  levels,
  pacsAt,
  STUDY,
  scriptedPacs,
  wellBehaved,
} from "./scripted-pacs.ts";

/** How the search failed; a result of any kind fails the test. */
async function failure(search: Promise<unknown>): Promise<CodedError> {
  const error: unknown = await search.then(
    (result) => new Error(`answered ${JSON.stringify(result)}`),
    (cause: unknown) => cause,
  );
  if (error instanceof CodedError) return error;
  throw error;
}

const whole = { STUDY: [answer(aStudy)], SERIES: [answer(aSeries)], IMAGE: [answer(anInstance)] };

describe("the questions", () => {
  it("walk the hierarchy with single UIDs, and without any wild card", async () => {
    await using archive = await scriptedPacs(wellBehaved(2, 3));
    await archive.pacs.findStudy(STUDY);
    expect(archive.asked.map(({ level, study, series }) => [level, study, series])).toEqual([
      ["STUDY", STUDY, ""],
      ["SERIES", STUDY, ""],
      ["IMAGE", STUDY, `${STUDY}.1`],
      ["IMAGE", STUDY, `${STUDY}.2`],
    ]);
    for (const { level, identifier } of archive.asked) {
      const unique: number[] = [Tags.QueryRetrieveLevel, Tags.StudyInstanceUID];
      if (level === "IMAGE") unique.push(Tags.SeriesInstanceUID);
      for (const { tag } of identifier) if (!unique.includes(tag)) expect(identifier.string(tag)).toBeUndefined();
      expect([...identifier].some(({ tag }) => identifier.strings(tag).some((value) => /[*?\\]/.test(value)))).toBe(
        false,
      );
    }
  });

  it.each(["", "*", "2.25.*", "2.25.1\\2.25.2", "ABC", `1.${"2".repeat(64)}`])(
    "%j is not asked: it would find other studies",
    async (uid) => {
      await using archive = await scriptedPacs(wellBehaved(1, 1));
      expect(await failure(archive.pacs.findStudy(uid))).toMatchObject({
        code: "PACS_STUDY_UID_INVALID",
        retry: "never",
      });
      expect(archive.asked).toEqual([]);
    },
  );
});

describe("the answers", () => {
  it("make a study", async () => {
    await using archive = await scriptedPacs(wellBehaved(2, 3));
    const study = await archive.pacs.findStudy(STUDY);
    expect(study).toMatchObject({ patientID: "IPP-1", accessionNumber: "ACC1", expectedInstances: 6, pacs: "Archive" });
    expect(study?.series.map(({ instances }) => instances.length)).toEqual([3, 3]);
  });

  it("absent is absent: a success without answer", async () => {
    await using archive = await scriptedPacs(wellBehaved(1, 1));
    expect(await archive.pacs.findStudy("2.25.404")).toBeUndefined();
  });

  it("a study without series is not absent", async () => {
    await using archive = await scriptedPacs(levels({ STUDY: whole.STUDY }));
    const study = await archive.pacs.findStudy(STUDY);
    expect(study).toMatchObject({ studyInstanceUID: STUDY, series: [], expectedInstances: 1 });
    expect(study && isPartial(study)).toBe(true);
  });

  it("come in any order, twice, with padded UIDs and empty series, and make the same study", async () => {
    const shuffled = levels({
      STUDY: [
        answer({ ...aStudy, StudyInstanceUID: `${STUDY}  `, AccessionNumber: "" }),
        answer({ ...aStudy, PatientID: " IPP-1" }),
      ],
      SERIES: [
        answer({ ...aSeries, SeriesInstanceUID: `${STUDY}.3`, SeriesNumber: "" }),
        answer({ ...aSeries, SeriesInstanceUID: `${STUDY}.2`, SeriesNumber: "2" }),
        answer({ ...aSeries, SeriesInstanceUID: `${STUDY}.1 ` }),
        answer(aSeries),
      ],
    });
    await using archive = await scriptedPacs({
      *find(asked) {
        if (asked.level !== "IMAGE") return yield* shuffled.find(asked) as Iterable<ReturnType<typeof answer>>;
        if (asked.series === `${STUDY}.2`) return;
        for (const number of [10, 9, 9]) {
          yield answer({
            ...anInstance,
            SeriesInstanceUID: asked.series,
            SOPInstanceUID: `${asked.series}.${number} `,
            InstanceNumber: String(number),
          });
        }
        yield answer({
          ...anInstance,
          SeriesInstanceUID: asked.series,
          SOPInstanceUID: `${asked.series}.0`,
          InstanceNumber: "",
        });
      },
    });
    const study = await archive.pacs.findStudy(` ${STUDY} `);
    expect(study).toMatchObject({ patientID: "IPP-1", accessionNumber: "ACC1" });
    expect(
      study?.series.map(({ seriesInstanceUID, instances }) => [
        seriesInstanceUID,
        ...instances.map((one) => one.sopInstanceUID),
      ]),
    ).toEqual(
      [1, 3].map((series) => [`${STUDY}.${series}`, ...[9, 10, 0].map((number) => `${STUDY}.${series}.${number}`)]),
    );
  });

  it("may leave out every optional key, and the keys above the level", async () => {
    await using archive = await scriptedPacs(
      levels({
        STUDY: [answer({ StudyInstanceUID: STUDY })],
        SERIES: [answer({ SeriesInstanceUID: `${STUDY}.1` })],
        IMAGE: [answer({ SOPInstanceUID: `${STUDY}.1.1`, SOPClassUID: CT })],
      }),
    );
    expect(await archive.pacs.findStudy(STUDY)).toEqual({
      studyInstanceUID: STUDY,
      patientID: "",
      accessionNumber: "",
      pacs: "Archive",
      series: [
        {
          seriesInstanceUID: `${STUDY}.1`,
          modality: "",
          instances: [{ sopClassUID: CT, sopInstanceUID: `${STUDY}.1.1` }],
        },
      ],
    });
  });

  it("about another study are dropped and reported, without naming anyone", async () => {
    const warnings: unknown[] = [];
    const log: Logger = { ...silent, warn: (facts, message) => warnings.push(facts, message) };
    const stray = { StudyInstanceUID: "2.25.666", PatientID: "IPP-666" };
    await using archive = await scriptedPacs(
      levels({
        STUDY: [answer({ ...aStudy, ...stray }), ...whole.STUDY],
        SERIES: [...whole.SERIES, answer({ ...aSeries, ...stray, SeriesInstanceUID: "2.25.666.1" })],
        IMAGE: [...whole.IMAGE, answer({ ...anInstance, SeriesInstanceUID: `${STUDY}.9`, SOPInstanceUID: "2.25.667" })],
      }),
      { log },
    );
    const study = await archive.pacs.findStudy(STUDY);
    expect(study?.patientID).toBe("IPP-1");
    expect(study?.series).toHaveLength(1);
    expect(study?.series[0]?.instances).toHaveLength(1);
    expect(warnings.filter((fact) => typeof fact === "object")).toEqual(
      ["STUDY", "SERIES", "IMAGE"].map((level) => ({ pacs: "Archive", level, dropped: 1 })),
    );
    expect(JSON.stringify(warnings)).not.toContain("666");
  });

  it("about other studies only: not an absence", async () => {
    await using archive = await scriptedPacs(levels({ STUDY: [answer({ ...aStudy, StudyInstanceUID: "2.25.666" })] }));
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({
      code: "PACS_ANSWER_UNRELATED",
      retry: "later",
    });
  });

  it.each([
    ["PatientID", "PACS_CONFLICTING_PATIENT"],
    ["AccessionNumber", "PACS_CONFLICTING_ACCESSION"],
  ] as const)("a %s of two values is none of them: a person decides", async (attribute, code) => {
    const line = answer({ ...aStudy, [attribute]: ["P0001", "P0002"] });
    await using archive = await scriptedPacs(levels({ ...whole, STUDY: [line] }));
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({ code });
  });

  it("two patients for one study: a person decides, and sees both", async () => {
    await using archive = await scriptedPacs(
      levels({ ...whole, STUDY: [answer(aStudy), answer({ ...aStudy, PatientID: "IPP-2" })] }),
    );
    const error = await failure(archive.pacs.findStudy(STUDY));
    expect(error).toMatchObject({
      code: "PACS_CONFLICTING_PATIENT",
      retry: "human",
      values: { patientIDs: "IPP-1 | IPP-2" },
    });
    expect(JSON.stringify(error)).not.toContain("IPP-");
  });

  it("the issuer of the PatientID is known by its name and its OID", async () => {
    const issued = (oid: string, attributes = {}) => {
      const qualifiers = [answer({ UniversalEntityID: oid, UniversalEntityIDType: "ISO" })];
      return answer({ ...aStudy, ...attributes }).set(Tags.IssuerOfPatientIDQualifiersSequence, "SQ", qualifiers);
    };
    const line = issued("1.2.250.1.999.1", { IssuerOfPatientID: "HOPITAL" });
    await using archive = await scriptedPacs(levels({ ...whole, STUDY: [line, answer(aStudy)] }));
    expect(await archive.pacs.findStudy(STUDY)).toMatchObject({
      patientID: "IPP-1",
      issuerOfPatientID: "HOPITAL",
      patientIDIssuerOID: "1.2.250.1.999.1",
    });
    await using torn = await scriptedPacs(levels({ ...whole, STUDY: [issued("1.2.3"), issued("1.2.4")] }));
    expect(await failure(torn.pacs.findStudy(STUDY))).toMatchObject({
      code: "PACS_CONFLICTING_PATIENT",
      values: { issuers: "1.2.3 | 1.2.4" },
    });
  });

  it("two accession numbers for one study: a person decides", async () => {
    await using archive = await scriptedPacs(
      levels({ ...whole, STUDY: [answer(aStudy), answer({ ...aStudy, AccessionNumber: "ACC2" })] }),
    );
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({
      code: "PACS_CONFLICTING_ACCESSION",
      retry: "human",
    });
  });

  it("in an undeclared character set: left out, unless the site says which it is", async () => {
    const latin1 = () => {
      const line = answer(aStudy);
      return line.set(Tags.StudyDescription, "LO", Buffer.from("Hépatique ", "latin1"));
    };
    await using archive = await scriptedPacs({ find: ({ level }) => (level === "STUDY" ? [latin1()] : whole[level]) });
    expect((await archive.pacs.findStudy(STUDY))?.description).toBeUndefined();
    const told = pacsAt(archive.port, { profile: { characterSet: "ISO_IR 100" } });
    expect((await told.findStudy(STUDY))?.description).toBe("Hépatique");
  });

  it.each([
    ["studies", { STUDY: 1 }, "STUDY"],
    ["series", { SERIES: 2 }, "SERIES"],
    ["instances, all series together", { IMAGE: 8 }, "IMAGE"],
  ])("more %s than the limit are refused, not cut", async (_, limits, step) => {
    const script = wellBehaved(3, 3);
    await using archive = await scriptedPacs(
      {
        find: (asked) =>
          asked.level === "STUDY" && step === "STUDY" ? [answer(aStudy), answer(aStudy)] : script.find(asked),
      },
      { limits },
    );
    const error = await failure(archive.pacs.findStudy(STUDY));
    expect(error).toMatchObject({ code: "PACS_TOO_MANY_RESULTS", retry: "human", details: { step } });
  });
});

describe("SOP classes that the PACS does not give", () => {
  const classless = levels({ ...whole, IMAGE: [answer({ ...anInstance, SOPClassUID: "" })] });

  it("are read from the headers, when it lets us fetch them", async () => {
    const header = answer({ ...anInstance, SeriesDescription: "Thorax", NumberOfFrames: "7" });
    await using archive = await scriptedPacs({
      ...classless,
      get: () => [
        {
          sopClassUID: CT,
          sopInstanceUID: `${STUDY}.1.1`,
          transferSyntax: ExplicitVRLittleEndian.uid,
          open: () => encodeDataSet(header, ExplicitVRLittleEndian),
        },
      ],
    });
    const study = await archive.pacs.findStudy(STUDY);
    expect(study?.series).toEqual([
      {
        seriesInstanceUID: `${STUDY}.1`,
        modality: "CT",
        seriesNumber: 1,
        description: "Thorax",
        instances: [{ sopClassUID: CT, sopInstanceUID: `${STUDY}.1.1`, instanceNumber: 1, numberOfFrames: 7 }],
      },
    ]);
  });

  it("of an instance that it does not send: the study waits for a person", async () => {
    await using archive = await scriptedPacs({ ...classless, get: () => [] });
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({
      code: "PACS_ANSWER_INCOMPLETE",
      retry: "human",
    });
  });

  it("of a PACS that lets us fetch nothing: the study waits for a person", async () => {
    await using archive = await scriptedPacs(classless);
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({
      code: "PACS_ANSWER_INCOMPLETE",
      retry: "human",
    });
  });
});

describe("a fault is never an absence", () => {
  const LEVELS: readonly Asked["level"][] = ["STUDY", "SERIES", "IMAGE"];
  const failing = (level: Asked["level"], status: number, before: boolean) => ({
    *find(asked: Asked) {
      if (asked.level === level && before) throw statusFault("C-FIND", status, { comment: "PATIENT^NAME" });
      yield* whole[asked.level];
      if (asked.level === level) throw statusFault("C-FIND", status, { comment: "PATIENT^NAME" });
    },
  });

  for (const level of LEVELS) {
    it.each([
      [Status.outOfResources, "PACS_BUSY"],
      [Status.unableToPerformSubOperations, "PACS_BUSY"],
      [Status.identifierDoesNotMatch, "PACS_FAILED"],
      [Status.unableToProcess, "PACS_FAILED"],
      [Status.processingFailure, "PACS_FAILED"],
      [Status.cancel, "PACS_FAILED"],
      [0x0001, "PACS_FAILED"],
      [0x0122, "PACS_FAILED"],
      [0xb000, "PACS_FAILED"],
      [0xc123, "PACS_FAILED"],
    ])(`status %i at level ${level}`, async (status, code) => {
      for (const before of [true, false]) {
        await using archive = await scriptedPacs(failing(level, status, before));
        const error = await failure(archive.pacs.findStudy(STUDY));
        expect(error).toMatchObject({ code, retry: "later", details: { step: level, pacs: "Archive" } });
        expect(JSON.stringify(error)).not.toContain("PATIENT");
      }
    });

    it(`silence at level ${level}`, async () => {
      await using archive = await scriptedPacs(
        {
          async *find(asked) {
            if (asked.level === level) await sleep(1_000);
            yield* whole[asked.level];
          },
        },
        { timeouts: { response: 100 } },
      );
      expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
    });
  }

  it("answers that drip for ever: the whole search has its time", async () => {
    await using archive = await scriptedPacs(
      {
        async *find({ series }) {
          for (let number = 0; ; number++) {
            await sleep(20);
            yield answer({ ...anInstance, SeriesInstanceUID: series, SOPInstanceUID: `${STUDY}.1.${number}` });
          }
        },
      },
      { timeouts: { search: 200 } },
    );
    const started = Date.now();
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({ code: "PACS_INTERRUPTED", retry: "later" });
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it("the caller gives up", async () => {
    await using archive = await scriptedPacs({
      async *find() {
        await sleep(1_000);
        yield answer(aStudy);
      },
    });
    const signal = AbortSignal.timeout(50);
    expect(await failure(archive.pacs.findStudy(STUDY, { signal }))).toMatchObject({
      code: "PACS_INTERRUPTED",
      retry: "later",
    });
    expect(await failure(archive.pacs.findStudy(STUDY, { signal }))).toMatchObject({ code: "PACS_INTERRUPTED" });
  });

  it("nobody listens", async () => {
    const pacs = pacsAt(await freePort());
    expect(await failure(pacs.findStudy(STUDY))).toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
    expect(await failure(pacs.echo())).toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
  });

  it("someone listens and says nothing", async () => {
    const mute = createTcpServer(() => {}).listen(0, "127.0.0.1");
    await once(mute, "listening");
    try {
      const address = mute.address() as { port: number };
      const pacs = pacsAt(address.port, { timeouts: { association: 100 } });
      expect(await failure(pacs.findStudy(STUDY))).toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
    } finally {
      mute.close();
    }
  });

  it("over TLS: found with a trusted certificate, unreachable with another", async () => {
    const { keyFile, certificateFile } = testCertificate({ keyType: "ec" });
    const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
    await using archive = await scriptedPacs({ ...wellBehaved(1, 1), tls }, { tls: { ca: [tls.cert] } });
    expect(await archive.pacs.findStudy(STUDY)).toMatchObject({ studyInstanceUID: STUDY });
    const stranger = pacsAt(archive.port, { tls: {} });
    expect(await failure(stranger.findStudy(STUDY))).toMatchObject({ code: "PACS_UNREACHABLE", retry: "later" });
  });

  it.each([
    ["our title is not known", { callingAETitle: "STRANGER" }],
    ["theirs is another", { aeTitle: "OTHER" }],
  ])("%s", async (_, titles) => {
    await using archive = await scriptedPacs(wellBehaved(1, 1), titles);
    expect(await failure(archive.pacs.findStudy(STUDY))).toMatchObject({ code: "PACS_REFUSED", retry: "later" });
    expect(await failure(archive.pacs.echo())).toMatchObject({ code: "PACS_REFUSED", retry: "later" });
  });

  it("cut off after any byte: whole, or an error to try again", async () => {
    await using archive = await scriptedPacs(wellBehaved(2, 2));
    const complete = await archive.pacs.findStudy(STUDY);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 4_000 }), async (bytes) => {
        await using relay = await cutAfter(archive.port, bytes);
        const outcome = await pacsAt(relay.port)
          .findStudy(STUDY)
          .catch((cause: unknown) => cause);
        if (outcome instanceof CodedError) expect(outcome.retry).toBe("later");
        else expect(outcome).toEqual(complete);
      }),
      { numRuns: 60, examples: [[0], [1], [300], [3_000]] },
    );
  });
});

it("two searches at once do not mix", async () => {
  await using archive = await scriptedPacs({
    async *find({ level, study, series }) {
      await sleep(1);
      if (level === "STUDY") yield answer({ StudyInstanceUID: study, PatientID: `IPP of ${study}` });
      if (level === "SERIES") yield answer({ StudyInstanceUID: study, SeriesInstanceUID: `${study}.1` });
      if (level === "IMAGE")
        yield answer({
          StudyInstanceUID: study,
          SeriesInstanceUID: series,
          SOPInstanceUID: `${series}.1`,
          SOPClassUID: CT,
        });
    },
  });
  const uids = Array.from({ length: 12 }, (_, number) => `2.25.${6000 + number}`);
  const studies = await Promise.all(uids.map((uid) => archive.pacs.findStudy(uid)));
  expect(studies.map((study) => [study?.patientID, study?.series[0]?.instances[0]?.sopInstanceUID])).toEqual(
    uids.map((uid) => [`IPP of ${uid}`, `${uid}.1.1`]),
  );
});
