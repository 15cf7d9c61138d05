/** By which manifest images may leave, as things stand at that moment. */
import { beforeEach, describe, expect, it } from "vitest";
import { ExplicitVRLittleEndian, readPart10, Tags, writePart10 } from "../../../appliance/dicom/index.ts";
import { buildManifest, type ManifestInput } from "../../../appliance/kos/index.ts";
import { createManifests } from "../../../appliance/source/images/manifests.ts";
import type { Exam, StoredMessage, StoredSubmission } from "../../../appliance/store/index.ts";
import { buildRejectionNote, TITLES } from "../../../scripts/sandbox/rejection-note.ts";

const STUDY = "2.25.1";
const INS = { id: "279035121518989", issuerOID: "1.2.250.1.213.1.4.10" };
const CT = "1.2.840.10008.5.1.4.1.1.2";
const series = ["2.25.2", "2.25.3"].map((seriesInstanceUID) => ({
  seriesInstanceUID,
  modality: "CT",
  instances: [1, 2].map((number) => ({ sopClassUID: CT, sopInstanceUID: `${seriesInstanceUID}.${number}` })),
}));
const input: ManifestInput = {
  study: { studyInstanceUID: STUDY, series },
  patient: {
    ins: { matricule: INS.id, oid: INS.issuerOID },
    ipp: { value: "P0001", oid: "1.2.3" },
    familyName: "ESSAI",
    givenName: "LUCIE",
    birthDate: "19850312",
    sex: "F",
  },
  requests: [{ accession: { value: "A1", oid: "1.2.4" } }],
  institution: { name: "Tilleuls", id: "1750099999" },
  manufacturer: "DRIMbox",
  retrieveBase: "https://db1.example",
  timeZone: "Europe/Paris",
  createdAt: new Date("2026-11-25T08:00:00Z"),
  version: 1,
};

let exam: Exam | undefined;
let latest: StoredSubmission | undefined;
let current: StoredSubmission | undefined;
let evidence: StoredMessage[];
let standing: StoredSubmission;
beforeEach(async () => {
  standing = await submission(1, input);
  exam = {
    id: 7,
    structure: "1750099999",
    studyInstanceUID: STUDY,
    ipp: "P0001",
    state: "published",
    record: "present",
    withheld: false,
  } as Exam;
  latest = standing;
  current = standing;
  evidence = [];
});

async function submission(
  id: number,
  from: ManifestInput,
  facts: Partial<StoredSubmission> = {},
): Promise<StoredSubmission> {
  const { bytes, sopInstanceUID } = await buildManifest(from);
  const attemptedAt = new Date();
  return {
    id,
    kind: "provide",
    state: "accepted",
    attemptedAt,
    manifest: bytes,
    sopInstanceUID,
    pacs: "PACS 1",
    ...facts,
  } as StoredSubmission;
}

const manifests = createManifests({
  examOfStudy: async ({ studyInstanceUID }) => (studyInstanceUID === STUDY ? exam : undefined),
  latestSubmission: async () => latest,
  currentSubmission: async () => current,
  evidenceOfStudy: async () => evidence,
});
const ask = (one = standing) => manifests.inForce(STUDY, one.sopInstanceUID);
const instances = async (one = standing) =>
  (await ask(one)).series.flatMap((served) => served.instances.map(({ sopInstanceUID }) => sopInstanceUID));
const withdrawal = (facts: Partial<StoredSubmission>): StoredSubmission => ({
  ...standing,
  id: 2,
  kind: "withdraw",
  manifest: new Uint8Array(),
  ...facts,
});

let last = 0;
function note(title: keyof typeof TITLES, sopInstanceUIDs: readonly string[]): StoredMessage {
  const rejected = sopInstanceUIDs.map((sopInstanceUID) => ({ sopClassUID: CT, sopInstanceUID }));
  const { bytes } = buildRejectionNote({
    title: TITLES[title],
    studyInstanceUID: STUDY,
    evidence: [{ seriesInstanceUID: "2.25.2", instances: rejected }],
  });
  return { id: ++last, kind: "dicom", receivedAt: new Date(), peer: "127.0.0.1", bytes };
}

describe("a manifest that is in force", () => {
  it("says whose the images are, where they are, and which", async () => {
    const served = await ask();
    expect(served).toMatchObject({ examId: 7, pacs: "PACS 1", ins: INS, localIDs: ["P0001"], modalities: ["CT"] });
    expect(await instances()).toEqual(["2.25.2.1", "2.25.2.2", "2.25.3.1", "2.25.3.2"]);
  });

  it("serves also while the exam waits for a person, or is looked at", async () => {
    for (const state of ["parked", "checking", "searching"] as const) {
      exam = { ...exam!, state };
      expect(await instances()).toHaveLength(4);
    }
  });

  it("is the former one and the next, as long as it is not known which of them the record holds", async () => {
    const next = await submission(2, { ...input, version: 2 }, { kind: "replace", state: "pending" });
    latest = next;
    exam = { ...exam!, record: "unsure" };
    expect(await instances(standing)).toHaveLength(4);
    expect(await instances(next)).toHaveLength(4);
  });

  it("loses at once what a note rejects, and has it again when it is restored", async () => {
    evidence = [note("quality", ["2.25.2.1"])];
    expect(await instances()).toEqual(["2.25.2.2", "2.25.3.1", "2.25.3.2"]);
    evidence = [...evidence, note("quality", ["2.25.2.2"])];
    expect((await ask()).series.map(({ seriesInstanceUID }) => seriesInstanceUID)).toEqual(["2.25.3"]);
    evidence = [...evidence, note("quality", ["2.25.3.1", "2.25.3.2"])];
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_MANIFEST_WITHDRAWN" });
    evidence = [...evidence, note("restored", ["2.25.2.1", "2.25.2.2", "2.25.3.1", "2.25.3.2"])];
    expect(await instances()).toHaveLength(4);
  });
});

describe("a withdrawal", () => {
  const unsent = () => {
    const { attemptedAt: _, ...prepared } = withdrawal({ state: "pending" });
    return prepared as StoredSubmission;
  };

  it("that is prepared counts at once, though the record may be away for days", async () => {
    latest = unsent();
    exam = { ...exam!, state: "publishing" };
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_MANIFEST_WITHDRAWN" });
  });

  it("that was overtaken before it was sent counts no more", async () => {
    latest = unsent();
    exam = { ...exam!, state: "published" };
    expect(await instances()).toHaveLength(4);
  });
});

describe("what is not served", () => {
  it("an unknown study, another manifest, one that was never sent", async () => {
    await expect(manifests.inForce("2.25.99", standing.sopInstanceUID)).rejects.toMatchObject({
      code: "SOURCE_MANIFEST_UNKNOWN",
    });
    await expect(manifests.inForce(STUDY, "2.25.98")).rejects.toMatchObject({ code: "SOURCE_MANIFEST_UNKNOWN" });
    const { attemptedAt: _, ...unsent } = await submission(2, { ...input, version: 2 }, { state: "pending" });
    latest = unsent as StoredSubmission;
    current = undefined;
    await expect(ask(latest)).rejects.toMatchObject({ code: "SOURCE_MANIFEST_WITHDRAWN" });
  });

  it.each<[string, () => void]>([
    [
      "a person keeps out of the record",
      () => {
        exam = { ...exam!, withheld: true };
      },
    ],
    [
      "is being withdrawn",
      () => {
        latest = withdrawal({ state: "pending" });
      },
    ],
    [
      "was withdrawn",
      () => {
        latest = withdrawal({ state: "accepted" });
        current = undefined;
        exam = { ...exam!, record: "absent" };
      },
    ],
  ])("one that %s", async (_, arrange) => {
    arrange();
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_MANIFEST_WITHDRAWN" });
  });

  it("one whose patient has no INS, two of them, or no identifier of the site", async () => {
    const stranger = { ...input.patient, ins: { matricule: "1", oid: "1.2.9" } };
    const another = { ...input.patient, ipp: { value: "290000000000000", oid: INS.issuerOID } };
    for (const patient of [stranger, another]) {
      standing = await submission(3, { ...input, patient });
      [latest, current] = [standing, standing];
      await expect(ask()).rejects.toMatchObject({ code: "SOURCE_IDENTITY_NOT_SERVED" });
    }
  });

  it("a study that a note rejects as a whole, naming no image", async () => {
    const one = note("quality", ["2.25.2.1"]);
    const { dataSet } = readPart10(one.bytes);
    dataSet.items(Tags.CurrentRequestedProcedureEvidenceSequence)[0]?.delete(Tags.ReferencedSeriesSequence);
    dataSet.delete(Tags.ContentSequence);
    evidence = [{ ...one, bytes: writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian }) }];
    await expect(ask()).rejects.toMatchObject({ code: "SOURCE_MANIFEST_WITHDRAWN" });
  });
});
