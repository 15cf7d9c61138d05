/** A box that is restored from a backup has forgotten what it did after it; the record has not. */
import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openStore } from "../../appliance/store/index.ts";
import { freePort } from "../support/dicom-peers.ts";
import { reportMessage, versionOf } from "./people.ts";
import { type Case, manifestsOf, openPractice, type Practice } from "./practice.ts";

/** A manifest of the same images made in the same second is the same manifest. */
const ANOTHER_SECOND_MS = 1100;

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
  await sleep(ANOTHER_SECOND_MS);

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

/** A practice whose box published one exam, was saved, and then lived on until it was restored. */
async function restoredAfter(meanwhile: (practice: Practice, one: Case) => Promise<void>) {
  const notes = { host: "127.0.0.1", port: await freePort(), senders: [] };
  const practice = await openPractice({ settings: { hl7: { port: await freePort() }, rejectionNotes: notes } });
  const one = practice.newCase();
  await practice.submit(one);
  await practice.reaches(one, "published");
  await practice.release();
  const database = join(dirname(practice.configuration), "box/box.db");
  cpSync(database, `${database}.saved`);
  await practice.mend();
  await meanwhile(practice, one);
  await practice.release();
  for (const part of ["-wal", "-shm"]) rmSync(`${database}${part}`, { force: true });
  cpSync(`${database}.saved`, database);
  const store = await openStore(database);
  await store.setInstallation({ key: "restored_at", value: new Date().toISOString() });
  await store.close();
  await practice.mend();
  await sleep(ANOTHER_SECOND_MS);
  return { practice, one };
}

const replaced = async (practice: Practice, one: Case) => {
  await practice.report(one, { action: "replace", controlId: "V2", changes: versionOf(one.name, 2) });
  await practice.site.examOf(
    one.study.studyInstanceUID,
    () => practice.site.dmp.history(one.study.studyInstanceUID).length === 2,
  );
  await practice.reaches(one, "published");
};

it("withdraws the version that it has forgotten when its report is deleted", async () => {
  const { practice, one } = await restoredAfter(replaced);
  await using _ = practice;
  await practice.report(one, { action: "delete", controlId: "X2", changes: versionOf(one.name, 2) });
  await practice.site.examOf(
    one.study.studyInstanceUID,
    ({ exam }) => exam.state === "closed" && exam.record === "absent",
  );
  expect(practice.site.dmp.approvedManifests(one.study.studyInstanceUID)).toEqual([]);
});

it("replaces the version that it has forgotten by the next one", async () => {
  const { practice, one } = await restoredAfter(replaced);
  await using _ = practice;
  await practice.report(one, { action: "replace", controlId: "V3", changes: versionOf(one.name, 3) });
  const deeds = () => practice.site.dmp.history(one.study.studyInstanceUID).map(({ action }) => action);
  await practice.site.examOf(
    one.study.studyInstanceUID,
    ({ exam }) => exam.state === "published" && deeds().length > 2,
  );
  expect(deeds()).toEqual(["provide", "replace", "replace"]);
  expect(practice.site.dmp.approvedManifests(one.study.studyInstanceUID)).toHaveLength(1);
  expect(practice.site.dmp.doubles()).toEqual([]);
});
