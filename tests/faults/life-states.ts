/** How an exam is brought into each of its states, and held there. */
import type { Life } from "./life.ts";
import { images } from "./people.ts";
import { type Case, eventually } from "./practice.ts";

/** The ways into the states, on the site that `site` gives at the time. */
export function waysInto(site: () => Life) {
  const nothing = async () => site().hold();
  const silent = () => site().practice.site.dmp.faults.always({ kind: "silent" });
  /** The next request is answered, the others are not. */
  const silentAfter = (answered: number) => {
    site().practice.site.dmp.faults.next({ kind: "slow", ms: 0 }, answered);
    silent();
  };

  /** Two reports wait for images. */
  async function searching(one: Case): Promise<void> {
    await site().hold();
    site().practice.pacs.add(images(one.patient, one.study));
    await site().practice.report(one);
    await site().second(one);
    // An answer to the RIS says that a report is kept, not yet that its exam knows it.
    await eventually(async () => (await site().lines(one)).join().split("report-received").length > 2, "both reports");
    await site().practice.reaches(one, "searching");
  }

  async function waiting(one: Case): Promise<void> {
    await site().hold();
    await site().practice.report(one);
    await site().practice.reaches(one, "searching");
  }

  /** A person asked for a look, and the PACS is silent. */
  async function checking(one: Case): Promise<void> {
    await published(one);
    await site().hold();
    await site().practice.retry(one);
    await site().practice.reaches(one, "checking");
  }

  async function publishing(one: Case): Promise<void> {
    silent();
    await site().practice.submit(one);
    await site().practice.reaches(one, "publishing");
    await site().hold();
  }

  const published = (one: Case) => site().published(one);

  /** The PACS files the images under another patient. */
  async function parked(one: Case): Promise<void> {
    await site().practice.submit(one, { patientID: "IPP-OTHER" });
    await site().second(one);
    await site().practice.reaches(one, "parked");
    await eventually(
      async () => (await site().lines(one)).filter((line) => line.startsWith("doubted")).length > 0,
      "doubt",
    );
    await site().practice.reaches(one, "parked");
  }

  /** All images were rejected after publication; the reports stand. */
  async function closed(one: Case): Promise<void> {
    await published(one);
    await site().second(one);
    await eventually(() => site().deeds(one).length === 2, "the second report is in");
    await site().practice.reaches(one, "published");
    await site().note(one, "quality");
    await site().practice.reaches(one, "closed");
  }

  /** A manifest stands, a person has withheld it and released it again, and nobody answers. */
  async function reconsidered(one: Case): Promise<void> {
    await published(one);
    await site().hold();
    await site().practice.decide(one, { kind: "withhold" });
    await site().practice.decide(one, { kind: "release" });
    await site().practice.reaches(one, "searching");
  }

  return {
    nothing,
    silent,
    silentAfter,
    searching,
    waiting,
    checking,
    publishing,
    published,
    parked,
    closed,
    reconsidered,
  };
}
