/** i4mi/MobileAccessGateway#124: a code outside the affinity domain is refused inside an HTTP 200, and taken for a success. */
import { expect, it } from "vitest";
import { type RegistryAnswer, readAnswer } from "../../appliance/xds/index.ts";
import { manifestsOf, openPractice } from "../faults/practice.ts";
import { useStand } from "../sandbox/refusals.ts";
import { swap } from "../sandbox/submission.ts";

const stand = useStand();

it("the answer says Failure, with the code of the error, the value and its place", async () => {
  const reply = await stand().publish({ metadata: swap("1.2.840.10008.5.1.4.1.1.88.59", "1.2.3") });
  expect(reply.status).toBe(200);
  const answer = readAnswer(reply.contentType, Buffer.from(reply.text)) as RegistryAnswer;
  expect(answer.status).toBe("Failure");
  expect(answer.documents).toEqual([]);
  expect(answer.errors).toMatchObject([{ code: "XDSRegistryMetadataError", severity: "Error" }]);
  expect(`${answer.errors[0]?.location} ${answer.errors[0]?.context}`).toMatch(/formatCode.*1\.2\.3/);
});

it("the exam is refused for good, and the person who looks at it sees the code", async () => {
  await using practice = await openPractice();
  const one = practice.newCase();
  practice.site.dmp.faults.always({ kind: "registryError", code: "XDSRegistryMetadataError" });
  await practice.submit(one);
  const { exam, explanation } = await practice.reaches(one, "parked");
  expect(exam.code).toBe("DMP_REFUSED");
  expect(explanation?.message).toContain("XDSRegistryMetadataError");
  expect(practice.site.dmp.counts().repository, "it is not tried again").toBe(1);
  expect(manifestsOf(practice.site.dmp, one.study)).toEqual([]);
});
