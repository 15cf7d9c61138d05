import { dirname } from "node:path";
import { expect, it } from "vitest";
import { readManifest } from "../../../appliance/kos/index.ts";
import { images } from "../../faults/people.ts";
import { type Case, manifestsOf, openPractice } from "../../faults/practice.ts";
import { ask, openBox, published, run } from "./support.ts";

interface Status {
  readonly health: { readonly checks: readonly { readonly id: string; readonly state: string }[] };
}

async function check(site: Parameters<typeof ask>[0]): Promise<string | undefined> {
  return (await ask<Status>(site, "GET", "/status")).health.checks.find(({ id }) => id === "address")?.state;
}

it("gives every manifest the public address of today, once, and tells until it is done", async () => {
  await using practice = await openPractice();
  const cases = await published(practice, 3);
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

it("is not done as long as one manifest bears the old address: says how many do, and the check goes on to warn", async () => {
  await using practice = await openPractice();
  const [gone] = (await published(practice, 3)) as [Case];
  // Once that was the address of today.
  expect(await check(practice.site)).toBe("ok");
  await practice.release();
  const publicAddress = "https://db2.tilleuls.example.fr/dicom-web-rs";
  const reopen = () => openBox(practice, dirname(practice.configuration), { site: { publicAddress } });
  let box = await reopen();
  try {
    practice.pacs.remove(gone.study.studyInstanceUID);
    const { job, explanation } = await run(box, { kind: "readdress" });
    expect(job).toMatchObject({
      ...{ state: "failed", code: "SOURCE_READDRESS_REMAINS", done: 3, results: { replaced: 2, waiting: 1 } },
    });
    expect(explanation?.message).toMatch(/^1 /);
    expect(await check(box)).toBe("warning");

    practice.pacs.add(images(gone.patient, gone.study));
    expect((await run(box, { kind: "readdress" })).job).toMatchObject({ state: "done", results: { replaced: 1 } });
    // What a check has found is shown for a while.
    await box.stop();
    box = await reopen();
    expect(await check(box)).toBe("ok");
  } finally {
    await box.stop();
  }
});
