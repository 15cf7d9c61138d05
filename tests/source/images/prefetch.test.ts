/** Studies that are brought as soon as they are published: which, in which order, and who goes before them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../../../appliance/base/index.ts";
import { type ImageCache, openCache } from "../../../appliance/cache/index.ts";
import { ExplicitVRLittleEndian, Tags } from "../../../appliance/dicom/index.ts";
import { createImages, type Images, type InstanceFacts } from "../../../appliance/images/index.ts";
import { createPacs, createPacsGroup, type Pacs } from "../../../appliance/pacs/index.ts";
import { sourceErrors } from "../../../appliance/source/errors.ts";
import type { ServedManifest } from "../../../appliance/source/images/manifests.ts";
import { Prefetch, type PrefetchRules } from "../../../appliance/source/images/prefetch.ts";
import { type SandboxPacs, startSandboxPacs } from "../../../scripts/sandbox/pacs.ts";
import { type SyntheticStudy, syntheticStudy } from "../../../scripts/sandbox/studies.ts";
import { eventually } from "../../faults/practice.ts";

const INS = { id: "279035121518989", issuerOID: "1.2.250.1.213.1.4.10" };
const CT: PrefetchRules = { modalities: ["CT"], maximumImages: 50 };

function studyOf(number: number, kinds: readonly ("CT" | "MR" | "SR")[], images = 3): SyntheticStudy {
  const series = kinds.map((kind) => ({ kind, images, size: 16 }));
  return syntheticStudy({ studyInstanceUID: `2.25.${number}`, patientID: "P1", series });
}

function manifestOf({ studyInstanceUID, instances }: SyntheticStudy): ServedManifest {
  const series = Map.groupBy(instances, ({ dataSet }) => dataSet.string(Tags.SeriesInstanceUID) as string);
  return {
    ...{ examId: 1, structure: "1", studyInstanceUID, sopInstanceUID: "2.25.9", pacs: "PACS 1", ins: INS },
    localIDs: ["P1"],
    modalities: [...new Set(instances.map(({ dataSet }) => dataSet.string(Tags.Modality) as string))],
    series: [...series].map(([seriesInstanceUID, its]) => ({ studyInstanceUID, seriesInstanceUID, instances: its })),
  };
}

describe("a prefetch", () => {
  let folder: string;
  let archive: SandboxPacs;
  let pacs: Pacs;
  let cache: ImageCache<InstanceFacts>;
  let images: Images;
  let manifests: Map<string, ServedManifest>;
  let prefetch: Prefetch;
  /** What became of each study that was wanted. */
  let told: (string | undefined)[];

  const studies = [
    studyOf(1, ["CT", "SR"]),
    studyOf(2, ["CT", "CT"]),
    studyOf(3, ["MR"]),
    studyOf(4, ["CT"], 51),
    studyOf(5, ["CT"], 30),
  ] as const;
  const kept = ({ studyInstanceUID }: SyntheticStudy) => {
    return cache.entriesOf(studyInstanceUID).filter(({ complete }) => complete).length;
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "prefetch-"));
    archive = await startSandboxPacs({ studies, behaviour: { pause: 5 } });
    const { host, port, aeTitle } = archive;
    const profile = { associations: 1, retrieve: ["c-get"] as const };
    pacs = createPacs({ name: "PACS 1", host, port, aeTitle, callingAETitle: "DRIMBOX", profile });
    cache = await openCache<InstanceFacts>({ folder, maximumBytes: 1e9, maximumAgeMs: 1e9 });
    images = createImages({ cache, base: "https://db1.example", log: silent });
    manifests = new Map(studies.map((study) => [study.studyInstanceUID, manifestOf(study)]));
    told = [];
    prefetch = prefetching(CT);
  });
  afterEach(async () => {
    await prefetch.close();
    await cache.close();
    await archive.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function prefetching(rules: PrefetchRules): Prefetch {
    return new Prefetch({
      ...rules,
      images,
      manifests: {
        async current(studyInstanceUID) {
          const manifest = manifests.get(studyInstanceUID);
          if (manifest === undefined) throw sourceErrors.fault("SOURCE_MANIFEST_WITHDRAWN");
          return manifest;
        },
      },
      pacs: createPacsGroup([pacs]),
      log: silent,
      onStudy: (code) => told.push(code),
    });
  }
  const over = (count: number) => eventually(() => told.length === count, `${count} studies are brought`);
  /** Somebody asks the PACS for the images of a study. */
  async function ask(study: SyntheticStudy, priority: "now" | "soon" = "now"): Promise<void> {
    const { series } = manifestOf(study);
    for (const { seriesInstanceUID, instances } of series) {
      await pacs.retrieve({
        studyInstanceUID: study.studyInstanceUID,
        seriesInstanceUID,
        expected: instances,
        transferSyntaxes: [ExplicitVRLittleEndian.uid],
        priority,
        async store(_, data) {
          for await (const piece of data) void piece;
        },
      });
    }
  }

  it("brings the whole of a study with a modality that is wanted, up to a size", async () => {
    for (const { studyInstanceUID } of studies) prefetch.add(studyInstanceUID);
    await over(3);
    expect(studies.map(kept)).toEqual([2, 2, 0, 0, 1]);
    expect(told).toEqual([undefined, undefined, undefined]);
  });

  /** The PACS is busy with somebody, and the first series of a study waits to be brought. */
  async function waiting(study: SyntheticStudy): Promise<void> {
    void ask(studies[3]);
    await eventually(() => archive.associations > 0, "the PACS is busy");
    prefetch.add(study.studyInstanceUID);
    await eventually(() => cache.entriesOf(study.studyInstanceUID).length === 1, "the prefetch waits");
  }

  it("is overtaken by whoever waits for an image, though he came later", async () => {
    await waiting(studies[1]);
    await ask(studies[4]);
    expect(kept(studies[1])).toBe(0);
    await over(1);
    expect(kept(studies[1])).toBe(2);
  });

  it("goes before what is due once somebody waits for what it brings", async () => {
    await waiting(studies[4]);
    const order: string[] = [];
    const due = ask(studies[2], "soon").then(() => order.push("due"));
    using reader = images.prepare(studies[4].studyInstanceUID);
    const { series, localIDs: patientIDs, ins: identifier } = manifestOf(studies[4]);
    const supply = async () => Promise.reject(new Error("it is on its way"));
    const { signal } = new AbortController();
    await reader.bring({ patient: { patientIDs, identifier }, series, supply, urgency: "now" }, signal);
    order.push("awaited");
    await due;
    expect(order).toEqual(["awaited", "due"]);
  });

  it("never brings what was withdrawn before its turn, and ends at a withdrawal", async () => {
    prefetch.add(studies[4].studyInstanceUID);
    prefetch.add(studies[0].studyInstanceUID);
    await eventually(() => archive.associations > 0, "it has begun");
    manifests.delete(studies[0].studyInstanceUID);
    manifests.delete(studies[4].studyInstanceUID);
    await images.withdraw(studies[4].studyInstanceUID);
    await over(2);
    expect(told).toEqual(["IMAGES_WITHDRAWN", "SOURCE_MANIFEST_WITHDRAWN"]);
    expect(studies.map(kept)).toEqual([0, 0, 0, 0, 0]);
    await eventually(() => archive.associations === 0, "the PACS is left alone");
  });

  it("leaves to who asks what the PACS does not send, and goes on with the next", async () => {
    archive.remove(studies[0].studyInstanceUID);
    prefetch.add(studies[0].studyInstanceUID);
    prefetch.add(studies[1].studyInstanceUID);
    await over(2);
    expect(told).toEqual(["IMAGES_GONE", undefined]);
  });

  it("forgets what waits when the box stops", async () => {
    prefetch.add(studies[4].studyInstanceUID);
    prefetch.add(studies[0].studyInstanceUID);
    await eventually(() => archive.associations > 0, "it has begun");
    await prefetch.close();
    prefetch.add(studies[1].studyInstanceUID);
    await eventually(() => archive.associations === 0, "the PACS is left alone");
    expect([told, studies.map(kept)]).toEqual([[], [0, 0, 0, 0, 0]]);
  });
});
