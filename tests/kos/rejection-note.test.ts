import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import {
  type DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { buildManifest, readRejectionNote, readRejectionNoteInSlices } from "../../appliance/kos/index.ts";
import {
  buildRejectionNote,
  type RejectedInstances,
  type RejectionNoteOptions,
  TITLES,
  type Title,
} from "../../scripts/sandbox/rejection-note.ts";
import { hasCommand } from "../support/peers.ts";
import { CLASSES, instances, manifestInput, STUDY } from "./fixtures.ts";
import { iodErrors, srComplaints } from "./validators.ts";

const images = (series: number, count: number): RejectedInstances => ({
  seriesInstanceUID: `${STUDY}.${series}`,
  instances: instances(CLASSES.CT, `${STUDY}.${series}`, count).map(({ sopClassUID, sopInstanceUID }) => ({
    sopClassUID,
    sopInstanceUID,
  })),
});

const note = (changes: Partial<RejectionNoteOptions> = {}) =>
  buildRejectionNote({
    title: TITLES["patient-safety"],
    studyInstanceUID: STUDY,
    evidence: [images(1, 2), images(2, 1)],
    ...changes,
  });

/** Which instances of which study and series the note names. */
async function named(changes: Partial<RejectionNoteOptions>) {
  const read = readRejectionNote(note(changes).bytes);
  return read?.studies.flatMap(({ studyInstanceUID, series }) =>
    series.length === 0
      ? [[studyInstanceUID]]
      : series.map((one) => [
          studyInstanceUID,
          one.seriesInstanceUID,
          ...one.instances.map(({ sopInstanceUID }) => sopInstanceUID),
        ]),
  );
}

describe("a rejection note", () => {
  it("says which instances of which patient are rejected", async () => {
    const written = note({ patientID: "IPP-1", issuerOfPatientID: "HOPITAL", issuerOID: "1.2.250.1.999.1" });
    expect(readRejectionNote(written.bytes)).toEqual({
      sopInstanceUID: written.sopInstanceUID,
      reason: "patient-safety",
      title: { value: "113037", scheme: "DCM", meaning: "Rejected for Patient Safety Reasons" },
      patientID: "IPP-1",
      issuerOfPatientID: "HOPITAL",
      patientIDIssuerOID: "1.2.250.1.999.1",
      studies: [{ studyInstanceUID: STUDY, series: [images(1, 2), images(2, 1)] }],
    });
  });

  it.each([
    ["113001", "quality"],
    ["113037", "patient-safety"],
    ["113038", "wrong-worklist"],
    ["113039", "retention-expired"],
    ["REVOKE_REJECTION", "restored"],
  ] as const)("%s is %s, the title kept as written", async (value, reason) => {
    expect(readRejectionNote(note({ title: TITLES[reason] }).dataSet)).toMatchObject({
      reason,
      title: { value, meaning: TITLES[reason][2] },
    });
  });

  it.each<[string, Title]>([
    ["a key image note for the referring provider", TITLES["for-referring-provider"]],
    ["a manifest", TITLES.manifest],
    ["a quality issue, which rejects nothing", ["113010", "DCM", "Quality Issue"]],
    ["a code of another scheme", ["113001", "99LOCAL", "Rejected for Quality Reasons"]],
    ["a code without scheme", ["113001", "", "Rejected for Quality Reasons"]],
    ["words without code", ["", "DCM", "Rejected for Quality Reasons"]],
  ])("is not %s", async (_, title) => {
    expect(readRejectionNote(note({ title }).bytes)).toBeUndefined();
  });

  it("is not our own manifest, nor a document without title", async () => {
    expect(readRejectionNote((await buildManifest(manifestInput())).bytes)).toBeUndefined();
    const { dataSet } = note();
    dataSet.delete(Tags.ConceptNameCodeSequence);
    expect(readRejectionNote(dataSet)).toBeUndefined();
  });

  it("is known by a title padded with spaces", async () => {
    expect(readRejectionNote(note({ title: [" 113038 ", "DCM ", "?"] }).bytes)).toMatchObject({
      reason: "wrong-worklist",
    });
  });

  it.each([ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])(
    "reads the same in $name",
    async (transferSyntax) => {
      const options = { sopInstanceUID: "2.25.7" };
      expect(readRejectionNote(note({ ...options, transferSyntax }).bytes)).toEqual(
        readRejectionNote(note(options).bytes),
      );
    },
  );

  const complete = hasCommand("dciodvfy") && hasCommand("dsrdump");
  it.skipIf(!complete)("of the sandbox is one for others too (skipped without dciodvfy and dsrdump)", () => {
    for (const reason of ["quality", "patient-safety", "wrong-worklist", "retention-expired"] as const) {
      const { bytes } = note({ title: TITLES[reason] });
      expect([...iodErrors(bytes), ...srComplaints(bytes)]).toEqual([]);
    }
  });
});

describe("evidence and content", () => {
  const stray = { sopClassUID: CLASSES.CT, sopInstanceUID: "2.25.900" };

  it.each<[string, Partial<RejectionNoteOptions>, string[][]]>([
    [
      "two studies in one note",
      { evidence: [images(1, 1), { ...images(5, 1), studyInstanceUID: "2.25.8" }] },
      [
        [STUDY, `${STUDY}.1`, `${STUDY}.1.1`],
        ["2.25.8", `${STUDY}.5`, `${STUDY}.5.1`],
      ],
    ],
    [
      "a series and an instance named twice count once",
      { evidence: [images(1, 2), images(1, 1)] },
      [[STUDY, `${STUDY}.1`, `${STUDY}.1.1`, `${STUDY}.1.2`]],
    ],
    ["no evidence at all: the study", { evidence: [] }, [[STUDY]]],
    [
      "the content alone, as some write it: rejected, its series unknown",
      { evidence: [], content: [stray] },
      [[STUDY, "", "2.25.900"]],
    ],
    [
      "the evidence alone: rejected",
      { evidence: [images(1, 1)], content: [] },
      [[STUDY, `${STUDY}.1`, `${STUDY}.1.1`]],
    ],
    [
      "an instance in the content only: rejected as well, for showing it may harm",
      { evidence: [images(1, 1)], content: [stray] },
      [
        [STUDY, `${STUDY}.1`, `${STUDY}.1.1`],
        [STUDY, "", "2.25.900"],
      ],
    ],
    [
      "an instance in the content only of a restoration: not restored",
      { title: TITLES.restored, evidence: [images(1, 1)], content: [stray] },
      [[STUDY, `${STUDY}.1`, `${STUDY}.1.1`]],
    ],
  ])("%s", async (_, changes, expected) => {
    expect(await named(changes)).toEqual(expected);
  });

  it("a study whose series are not said is named whole", async () => {
    const { dataSet } = note();
    dataSet.items(Tags.CurrentRequestedProcedureEvidenceSequence)[0]?.delete(Tags.ReferencedSeriesSequence);
    dataSet.delete(Tags.ContentSequence);
    expect(readRejectionNote(dataSet)).toMatchObject({ studies: [{ studyInstanceUID: STUDY, series: [] }] });
  });

  it("UIDs padded with a space are those UIDs", async () => {
    expect(await named({ evidence: [{ ...images(1, 1), seriesInstanceUID: `${STUDY}.1 ` }] })).toEqual([
      [STUDY, `${STUDY}.1`, `${STUDY}.1.1`],
    ]);
  });
});

describe("a note that cannot be understood", () => {
  const evidence = (root: DataSet) => root.items(Tags.CurrentRequestedProcedureEvidenceSequence)[0] as DataSet;
  const series = (root: DataSet) => evidence(root).items(Tags.ReferencedSeriesSequence)[0] as DataSet;
  const instance = (root: DataSet) => series(root).items(Tags.ReferencedSOPSequence)[0] as DataSet;

  it.each<[string, string, (root: DataSet) => unknown]>([
    ["another kind of object", "KOS_NOT_A_MANIFEST", (root) => root.set(Tags.SOPClassUID, "UI", CLASSES.CT)],
    ["without identity", "KOS_NOTE_UNREADABLE", (root) => root.delete(Tags.SOPInstanceUID)],
    ["a study without UID", "KOS_NOTE_UNREADABLE", (root) => evidence(root).delete(Tags.StudyInstanceUID)],
    ["a series without UID", "KOS_NOTE_UNREADABLE", (root) => series(root).delete(Tags.SeriesInstanceUID)],
    ["an instance without UID", "KOS_NOTE_UNREADABLE", (root) => instance(root).delete(Tags.ReferencedSOPInstanceUID)],
    [
      "a UID that is none",
      "KOS_NOTE_UNREADABLE",
      (root) => instance(root).set(Tags.ReferencedSOPInstanceUID, "UI", "DUPONT"),
    ],
    [
      "no evidence and no study",
      "KOS_NOTE_UNREADABLE",
      (root) => {
        for (const tag of [
          Tags.CurrentRequestedProcedureEvidenceSequence,
          Tags.ContentSequence,
          Tags.StudyInstanceUID,
        ]) {
          root.delete(tag);
        }
      },
    ],
  ])("%s: refused, never guessed", async (_, code, change) => {
    const { dataSet } = note();
    change(dataSet);
    const bytes = writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian });
    expect(() => readRejectionNote(bytes)).toThrow(expect.objectContaining({ code }));
    await expect(readRejectionNoteInSlices(bytes)).rejects.toMatchObject({ code });
  });

  it("damaged bytes are read or refused with a code, never anything else", async () => {
    const { bytes } = note();
    const place = fc.nat({ max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, fc.nat({ max: 255 })), { maxLength: 8 }), place, async (edits, end) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of edits) damaged[at] = value;
        try {
          readRejectionNote(edits.length === 0 ? damaged.subarray(0, end) : damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("more references than any study has are refused", async () => {
    const crowd = { sopClassUID: "1.2", sopInstanceUID: "1.2.3" };
    const evidence = [{ seriesInstanceUID: "1.2.4", instances: Array(250_001).fill(crowd) as (typeof crowd)[] }];
    const { dataSet } = note({ evidence, content: [] });
    expect(() => readRejectionNote(dataSet)).toThrow(expect.objectContaining({ code: "KOS_TOO_MANY_INSTANCES" }));
  });
});

it("a note of 100,000 instances is read, at once or in slices", async () => {
  const { bytes } = note({ evidence: [images(1, 60_000), images(2, 40_000)] });
  const read = readRejectionNote(bytes);
  expect(read?.studies[0]?.series.map((one) => one.instances.length)).toEqual([60_000, 40_000]);
  expect(await readRejectionNoteInSlices(bytes)).toEqual(read);
});

it("reads back what was written", async () => {
  const digits = fc.integer({ min: 1, max: 9_999 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(digits, { minLength: 1, maxLength: 12 }), digits, async (numbers, study) => {
      const evidence = numbers.map((number) => images(number, 1 + (number % 3)));
      const read = readRejectionNote(note({ studyInstanceUID: `2.25.${study}`, evidence }).bytes);
      expect(read?.studies).toEqual([{ studyInstanceUID: `2.25.${study}`, series: evidence }]);
    }),
    { numRuns: 40 },
  );
});
