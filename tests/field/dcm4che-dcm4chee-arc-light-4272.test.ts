import { expect, it } from "vitest";
import { anInstance, answer, aSeries, aStudy, levels, STUDY, scriptedPacs } from "../pacs/scripted-pacs.ts";

// Conflicting identifiers split a patient in two: one study answers under both.
it("dcm4che/dcm4chee-arc-light#4272: a study under two PatientIDs stops, and a person sees both", async () => {
  await using archive = await scriptedPacs(
    levels({
      STUDY: [answer({ ...aStudy, PatientID: "IPP-1" }), answer({ ...aStudy, PatientID: "IPP-2" })],
      SERIES: [answer(aSeries)],
      IMAGE: [answer(anInstance)],
    }),
  );
  await expect(archive.pacs.findStudy(STUDY)).rejects.toMatchObject({
    code: "PACS_CONFLICTING_PATIENT",
    retry: "human",
    values: { patientIDs: "IPP-1 | IPP-2" },
  });
});
