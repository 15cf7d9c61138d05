import { expect, it } from "vitest";
import { buildManifest, readRejectionNote } from "../../appliance/kos/index.ts";
import { buildRejectionNote, TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { CLASSES, inputOf, STUDY, series } from "../kos/fixtures.ts";

// All instances rejected: the archive wrote a manifest of nothing.
it.each([
  ["no series", []],
  ["series without instances", [series(1, "CT", CLASSES.CT, 0)]],
])("dcm4che/dcm4chee-arc-light#650: %s gives an error, never an empty manifest", async (_, list) => {
  await expect(buildManifest(inputOf(list))).rejects.toMatchObject({ code: "KOS_EMPTY_STUDY" });
});

it("dcm4che/dcm4chee-arc-light#650: a rejection note of nothing names its study, which is then asked for", () => {
  const { bytes } = buildRejectionNote({ title: TITLES.quality, studyInstanceUID: STUDY, evidence: [] });
  expect(readRejectionNote(bytes)?.studies).toEqual([{ studyInstanceUID: STUDY, series: [] }]);
});
