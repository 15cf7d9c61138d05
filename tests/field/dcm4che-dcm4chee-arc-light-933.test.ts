import { expect, it } from "vitest";
import { Tags } from "../../appliance/dicom/index.ts";
import { readRejectionNote } from "../../appliance/kos/index.ts";
import { buildRejectionNote, TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { anInstance, answer, aSeries, aStudy, levels, STUDY, scriptedPacs } from "../pacs/scripted-pacs.ts";

// A study without (0010,0020) made a null pointer (also #101).
it("dcm4che/dcm4chee-arc-light#933: a study without PatientID is found, with none to match", async () => {
  await using archive = await scriptedPacs(
    levels({ STUDY: [answer({ ...aStudy, PatientID: "" })], SERIES: [answer(aSeries)], IMAGE: [answer(anInstance)] }),
  );
  expect(await archive.pacs.findStudy(STUDY)).toMatchObject({ studyInstanceUID: STUDY, patientID: "" });
});

it("dcm4che/dcm4chee-arc-light#933: a rejection note without PatientID holds for its study", () => {
  const { dataSet } = buildRejectionNote({ title: TITLES.quality, studyInstanceUID: STUDY, evidence: [] });
  dataSet.delete(Tags.PatientID);
  expect(readRejectionNote(dataSet)).toMatchObject({ patientID: "", studies: [{ studyInstanceUID: STUDY }] });
});
