/** A box that is restored from a backup has forgotten what it did after it; the record has not. */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";
import { freePort } from "../support/dicom-peers.ts";
import { reportMessage } from "./people.ts";
import { manifestsOf, openPractice } from "./practice.ts";

it("replaces the manifest that it has forgotten, and publishes no second one", async () => {
  await using practice = await openPractice({ settings: { hl7: { port: await freePort() } } });
  const { dmp } = practice.site;
  const one = practice.newCase();
  await practice.submit(one);
  await practice.reaches(one, "published");

  await practice.release();
  const database = join(dirname(practice.configuration), "box/box.db");
  for (const part of ["", "-wal", "-shm"]) rmSync(`${database}${part}`, { force: true });
  const store = await openStore(database);
  await store.setInstallation({ key: "restored_at", value: new Date().toISOString() });
  await store.close();
  await practice.mend();

  await practice.report(one);
  await practice.reaches(one, "published");
  expect(dmp.history(one.study.studyInstanceUID).map(({ action }) => action)).toEqual(["provide", "replace"]);
  expect(dmp.doubles()).toEqual([]);

  // What is reported after the restoration cannot have been published before it.
  const later = practice.newCase();
  await practice.submit(later);
  await practice.reaches(later, "published");
  const deletion = reportMessage(one.patient, [one.study], one.name, { controlId: "X1", action: "delete" });
  expect(await practice.site.send(deletion)).toContain("MSA|AA|X1");
  await practice.reaches(one, "closed");
  expect(manifestsOf(dmp, one.study).filter(({ status }) => status.endsWith(":Approved"))).toEqual([]);
});
