import { dirname } from "node:path";
import { expect, it } from "vitest";
import { readManifest } from "../../../appliance/kos/index.ts";
import { manifestsOf, openPractice } from "../../faults/practice.ts";
import { ask, openBox, published, run } from "./support.ts";

interface Status {
  readonly health: { readonly checks: readonly { readonly id: string; readonly state: string }[] };
}

it("gives every manifest the public address of today, once, and tells until it is done", async () => {
  await using practice = await openPractice();
  const cases = await published(practice, 3);
  const check = async (site: Parameters<typeof ask>[0]) =>
    (await ask<Status>(site, "GET", "/status")).health.checks.find(({ id }) => id === "address")?.state;
  expect(await check(practice.site)).toBe("ok");
  expect((await run(practice.site, { kind: "readdress" })).job.results).toEqual({ unchanged: 3 });

  await practice.release();
  const publicAddress = "https://db2.tilleuls.example.fr/dicom-web-rs";
  const box = await openBox(practice, dirname(practice.configuration), { site: { publicAddress } });
  try {
    expect(await check(box)).toBe("warning");
    expect((await run(box, { kind: "readdress" })).job).toMatchObject({ state: "done", results: { replaced: 3 } });
    for (const { study } of cases) {
      await box.examOf(study.studyInstanceUID, ({ exam }) => exam.state === "published");
      const standing = manifestsOf(practice.site.dmp, study).filter(({ status }) => status.endsWith(":Approved"));
      const urls = standing.flatMap(({ content }) =>
        readManifest(content).studies.flatMap(({ series }) => series.map(({ retrieveURL }) => retrieveURL)),
      );
      expect(urls.map((url) => url?.startsWith(`${publicAddress}/studies/`))).toEqual([true]);
    }
    expect((await run(box, { kind: "readdress" })).job.results).toEqual({ unchanged: 3 });
  } finally {
    await box.stop();
  }
});
