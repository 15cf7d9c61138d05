/**
 * dcm4che/dcm4chee-arc-light#4754, #4969: an instance that is sent a second time deletes the file of the first. Here the
 * object is the manifest: sent again, it is there once, and it is the same to the byte.
 */

import { expect, it } from "vitest";
import { readPart10, Tags } from "../../appliance/dicom/index.ts";
import { manifestsOf, openPractice } from "../faults/practice.ts";

it("a manifest whose registration went unanswered is sent again, and stays as it was", async () => {
  await using practice = await openPractice();
  const { dmp } = practice.site;
  const one = practice.newCase();
  dmp.faults.next({ kind: "acceptThenReset" });
  await practice.submit(one);
  const { submission } = await practice.reaches(one, "published");
  const [kept, ...others] = manifestsOf(dmp, one.study);
  expect(others).toEqual([]);
  expect(readPart10(kept?.content as Buffer).dataSet.string(Tags.SOPInstanceUID)).toBe(submission?.manifest);
  expect(dmp.submissions()).toHaveLength(1);
});
