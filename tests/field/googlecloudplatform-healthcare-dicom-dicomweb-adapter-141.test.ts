/**
 * GoogleCloudPlatform/healthcare-dicom-dicomweb-adapter#141: with two destinations of which one is down, what is tried
 * again goes to one of them only. Here: each destination has its own circuit, and an outage of one holds up nothing that
 * the other can do.
 */
import { expect, it } from "vitest";
import { eventually, manifestsOf, openPractice } from "../faults/practice.ts";

it("the record is down: exams are still made ready, and all of them leave when it is back", async () => {
  await using practice = await openPractice();
  const { dmp } = practice.site;
  dmp.faults.always({ kind: "reset" });
  const cases = Array.from({ length: 6 }, () => practice.newCase());
  for (const one of cases) await practice.submit(one);
  for (const one of cases) await practice.reaches(one, "publishing");
  const circuits = async () => {
    const { DMP, ...archives } = await practice.destinations();
    return { record: DMP, archives: Object.values(archives) };
  };
  await eventually(async () => (await circuits()).record !== "closed", "the circuit of the record opens");
  const late = practice.newCase();
  await practice.submit(late);
  await practice.reaches(late, "publishing");
  expect((await circuits()).archives).toEqual(["closed"]);

  dmp.faults.clear();
  for (const one of [...cases, late]) {
    await practice.reaches(one, "published");
    expect(manifestsOf(dmp, one.study)).toHaveLength(1);
  }
});
