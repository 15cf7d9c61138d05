/** How fast a PACS sends, in each way, and whether it converts on the way. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { encodeDataSet } from "../../appliance/dicom/index.ts";
import { StudyRoot } from "../../appliance/dimse/index.ts";
import {
  type FoundStudy,
  type Pacs,
  pacsErrors,
  type RetrieveMethod,
  type SpeedTestOptions,
  testSpeed,
} from "../../appliance/pacs/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { EXPLICIT, type SiteOptions, site } from "./retrieving.ts";

const J80 = "1.2.840.10008.1.2.4.80";
const J70 = "1.2.840.10008.1.2.4.70";
const IMPLICIT = "1.2.840.10008.1.2";
const CT = "1.2.840.10008.5.1.4.1.1.2";
const MEGABYTE = 1_000_000;
const { signal } = new AbortController();
const codes = ({ findings }: { readonly findings: readonly { readonly code: string }[] }) =>
  findings.map(({ code }) => code);

describe("the PACS of the sandbox", () => {
  const study = syntheticStudy({ series: [{ kind: "CT", images: 5 }, { kind: "CT", images: 3 }, { kind: "SR" }] });
  const bytes = study.instances.reduce((sum, { dataSet }) => sum + encodeDataSet(dataSet, EXPLICIT).length, 0);
  async function tested(options: Partial<SiteOptions>, changes: Partial<SpeedTestOptions> = {}) {
    await using open = await site({ method: ["c-get", "c-move"], studies: [study], ...options });
    const found = (await open.pacs.findStudy(study.studyInstanceUID)) as FoundStudy;
    const test = await testSpeed({ pacs: open.pacs, study: found, signal, ...changes });
    await open.quiet();
    return test;
  }

  it("is measured in each way: all images, their bytes, the time to the first, the syntax", async () => {
    const seen: number[] = [];
    const { speeds, findings } = await tested({}, { onSeries: async (images) => void seen.push(images) });
    expect(speeds.map(({ method }) => method)).toEqual(["c-get", "c-move"]);
    for (const speed of speeds) {
      expect(speed).toMatchObject({ images: 9, expected: 9, bytes, syntaxes: { "Explicit VR Little Endian": 9 } });
      expect(speed.firstImageMs).toBeLessThanOrEqual(speed.milliseconds);
      expect(speed.megabitsPerSecond).toBeGreaterThan(0);
    }
    expect(seen).toEqual([5, 3, 1, 5, 3, 1]);
    // So little that a slow machine is no slow PACS.
    for (const { code } of findings) expect(["SPEED_ENOUGH", "SPEED_UNSURE"]).toContain(code);
  });

  it("is measured in the way that is named, and in no other", async () => {
    expect((await tested({}, { method: "c-move" })).speeds.map(({ method }) => method)).toEqual(["c-move"]);
  });

  it("does not know a way: that is said, and the others are measured", async () => {
    const test = await tested({ without: [StudyRoot.get] });
    expect(test.speeds.map(({ method }) => method)).toEqual(["c-move"]);
    expect(test.findings[0]).toMatchObject({ code: "SPEED_NOT_MEASURED", weight: "limit" });
    const none = await tested({ without: [StudyRoot.get] }, { method: "c-get" });
    expect(codes(none)).toEqual(["SPEED_NOT_MEASURED", "SPEED_NO_WAY"]);
  });

  it("sends without compression what it can send compressed", async () => {
    const { findings } = await tested({ behaviour: { convertsTo: [J80] } }, { method: "c-get" });
    expect(findings.at(-1)).toMatchObject({ code: "SPEED_COMPRESSIBLE", weight: "limit" });
    expect(findings.at(-1)?.fr).toContain("en JPEG-LS Lossless");
  });

  it("is left alone by who gives up", async () => {
    const leaving = new AbortController();
    const test = tested({}, { signal: leaving.signal, onSeries: async () => leaving.abort(new Error("enough")) });
    await expect(test).rejects.toThrow("enough");
  });
});

/** What a scripted PACS sends in one way: images of a megabyte, the time that each takes, and in which form. */
interface Script {
  readonly ms: number;
  readonly syntax?: string;
  readonly images?: number;
  /** In what it sends one image that is asked for as it is kept, or compressed. */
  readonly alone?: string;
}

describe("a verdict", () => {
  afterEach(() => void vi.useRealTimers());

  async function verdict(images: number, scripts: Partial<Record<RetrieveMethod, Script>>) {
    vi.useFakeTimers({ toFake: ["performance"] });
    const instances = Array.from({ length: images }, (_, index) => ({
      sopClassUID: CT,
      sopInstanceUID: `2.25.1.1.${index}`,
    }));
    const series = [{ seriesInstanceUID: "2.25.1.1", modality: "CT", instances }];
    const study = { studyInstanceUID: "2.25.1", series, patientID: "P1", accessionNumber: "A1", pacs: "PACS" };
    const pacs: Pick<Pacs, "name" | "ways" | "retrieve"> = {
      name: "PACS",
      ways: Object.keys(scripts) as RetrieveMethod[],
      async retrieve({ method = "c-get", expected, sopInstanceUIDs, priority, store }) {
        expect(priority).toBe("background");
        const { ms, images: most = images, syntax: usual = EXPLICIT, alone } = scripts[method] as Script;
        const syntax = sopInstanceUIDs === undefined ? usual : alone;
        if (syntax === undefined) throw pacsErrors.fault("PACS_SYNTAX_UNAVAILABLE");
        const sent = expected.slice(0, most);
        for (const instance of sent) {
          vi.advanceTimersByTime(ms);
          await store({ ...instance, transferSyntax: syntax }, one(new Uint8Array(MEGABYTE)));
        }
        const counts = { remaining: 0, completed: sent.length, failed: 0, warning: 0 };
        return { method, received: sent.length, counts, failedSOPInstanceUIDs: [] };
      },
    };
    return testSpeed({ pacs, study, signal });
  }
  async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
  }

  it("counts as the reference script does: bytes x 8 / time, the first image apart", async () => {
    const { speeds, findings } = await verdict(60, { "c-get": { ms: 80 } });
    expect(speeds).toEqual([
      {
        ...{ method: "c-get", images: 60, expected: 60, bytes: 60 * MEGABYTE, milliseconds: 4800, firstImageMs: 80 },
        ...{ megabitsPerSecond: 100, syntaxes: { "Explicit VR Little Endian": 60 } },
      },
    ]);
    expect(findings).toEqual([expect.objectContaining({ code: "SPEED_ENOUGH", weight: "good" })]);
  });

  it.each<[string, number, Partial<Record<RetrieveMethod, Script>>, string[]]>([
    ["below the minimum", 60, { "c-get": { ms: 81 } }, ["SPEED_TOO_LOW"]],
    ["too little to judge", 49, { "c-get": { ms: 81 } }, ["SPEED_UNSURE"]],
    ["little, and fast all the same", 10, { "c-get": { ms: 10 } }, ["SPEED_ENOUGH"]],
    ["images that did not come", 60, { "c-get": { ms: 1, images: 59 } }, ["SPEED_ENOUGH", "SPEED_INCOMPLETE"]],
    ["compressed as it is", 10, { "c-get": { ms: 1, syntax: J80 } }, ["SPEED_ENOUGH"]],
    ["what could be compressed", 10, { "c-get": { ms: 1, alone: J80 } }, ["SPEED_ENOUGH", "SPEED_COMPRESSIBLE"]],
    [
      "what came in two forms",
      10,
      { "c-get": { ms: 1, syntax: J80, alone: J70 }, "c-move": { ms: 1 } },
      ["SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_FORMS_DIFFER"],
    ],
    [
      "what came compressed in two forms",
      10,
      { "c-get": { ms: 1, syntax: J80 }, "c-move": { ms: 1, syntax: J70 } },
      ["SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_FORMS_DIFFER"],
    ],
    [
      "what is kept compressed, and comes so in one way",
      10,
      { "c-get": { ms: 1, syntax: J80 }, "c-move": { ms: 1 }, "wado-rs": { ms: 1, syntax: J70, alone: J80 } },
      ["SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_CONVERTED", "SPEED_CONVERTED"],
    ],
    [
      "what is kept without compression, and is compressed in one way",
      10,
      { "c-get": { ms: 1, syntax: IMPLICIT }, "wado-rs": { ms: 1, syntax: J70, alone: EXPLICIT } },
      ["SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_CONVERTED"],
    ],
    [
      "what the web server decompresses whoever asks",
      10,
      { "c-get": { ms: 1, syntax: J80 }, "wado-rs": { ms: 1, alone: EXPLICIT } },
      ["SPEED_ENOUGH", "SPEED_ENOUGH", "SPEED_FORMS_DIFFER"],
    ],
    ["no way", 10, {}, ["SPEED_NO_WAY"]],
  ])("%s", async (_, images, scripts, expected) => {
    const { findings } = await verdict(images, scripts);
    expect(codes({ findings })).toEqual(expected);
    for (const { fr, en } of findings) expect(fr + en).not.toMatch(/\{\w+\}|undefined|NaN/);
  });
});
