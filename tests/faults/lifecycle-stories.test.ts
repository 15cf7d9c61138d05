/** What happens to reports, images and patients on a site, told from its outside: what the national record holds at the end. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readManifest } from "../../appliance/kos/index.ts";
import type { TITLES } from "../../scripts/sandbox/rejection-note.ts";
import { instancesOf, type Life, openLife, told } from "./life.ts";
import { images, recordOf, reportMessage, versionOf } from "./people.ts";
import { type Case, eventually } from "./practice.ts";

let life: Life;
beforeAll(async () => {
  life = await openLife();
});
afterAll(() => life[Symbol.asyncDispose]());
afterEach(async () => {
  await life.free();
  expect(life.practice.site.dmp.doubles()).toEqual([]);
  expect(life.practice.errors()).toEqual([]);
});

/** The exam rests in `state` with these deeds done to the record. */
async function ends(one: Case, state: string, ...deeds: string[]): Promise<void> {
  const now = async () => {
    const { exam } = await life.practice.exam(one);
    return `${exam.state}${exam.code === undefined ? "" : ` ${exam.code}`}: ${life.deeds(one).join(", ")}`;
  };
  const wanted = `${state}: ${deeds.join(", ")}`;
  await eventually(async () => (await now()) === wanted, `${wanted}`, 10_000).catch(async (error: Error) => {
    throw new Error(`${error.message}; it is ${await now()}`);
  });
  const last = deeds.at(-1);
  expect(life.held(one).length).toBe(last === undefined || last === "delete" ? 0 : 1);
}

/** SOP instances that the manifest in force lists. */
function listed(one: Case): string[] {
  const [manifest] = life.held(one);
  if (manifest === undefined) return [];
  return readManifest(manifest.content)
    .studies.flatMap(({ series }) => series)
    .flatMap(({ instances }) => instances.map(({ sopInstanceUID }) => sopInstanceUID))
    .sort();
}

const imagesOf = (one: Case) => instancesOf(images(one.patient, one.study)).sort();

/** Another look, asked for by a person, has ended. */
async function looked(one: Case): Promise<void> {
  const { timeline } = await life.practice.exam(one);
  await life.practice.retry(one);
  await eventually(async () => {
    const view = await life.practice.exam(one);
    return view.timeline.length > timeline.length + 1 && ["published", "parked", "closed"].includes(view.exam.state);
  }, `${one.name} is looked at`);
}

describe("the report", () => {
  it("is corrected: the manifest is replaced, and tells of the new version", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const [first] = life.held(one);
    await life.correct(one);
    await ends(one, "published", "provide", "replace");
    const [second] = life.held(one);
    expect(second?.replaces).toBe(first?.entryUUID);
    expect(listed(one)).toEqual(imagesOf(one));
    // The same version in another message changes nothing.
    await life.practice.report(one, { action: "replace", controlId: "AGAIN", changes: versionOf(one.name, 2) });
    await told(life, one, "report-repeated", 0);
    await ends(one, "published", "provide", "replace");
  });

  it("is cancelled: the manifest is withdrawn in the name of who cancels", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.cancel(one);
    await ends(one, "closed SOURCE_REPORT_DELETED", "provide", "delete");
    const [provided, deleted] = life.practice.site.dmp.history(one.study.studyInstanceUID);
    expect(deleted).toMatchObject({ uniqueId: provided?.uniqueId, entryUUID: provided?.entryUUID });
  });

  it("is cancelled before the images came: nothing ever goes out", async () => {
    const one = life.practice.newCase();
    await life.practice.report(one);
    await life.cancel(one);
    await ends(one, "closed SOURCE_REPORT_DELETED");
    life.practice.pacs.add(images(one.patient, one.study));
    await looked(one);
    await ends(one, "closed SOURCE_REPORT_DELETED");
  });

  it("is hidden from professionals: the metadata of the replacement say so", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    expect(life.held(one)[0]?.metadata).not.toContain("MASQUE_PS");
    await life.correct(one, 2, { MASQUE_PS: "Y", MODIF_CONF_CODE: "Y" });
    await ends(one, "published", "provide", "replace");
    expect(life.held(one)[0]?.metadata).toContain("MASQUE_PS");
    await life.correct(one, 3);
    await ends(one, "published", "provide", "replace", "replace");
    expect(life.held(one)[0]?.metadata).not.toContain("MASQUE_PS");
  });

  it("is no longer for the DMP: the manifest is withdrawn, and comes back when it is again", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.correct(one, 2, { DESTDMP: "N" });
    await ends(one, "closed SOURCE_NOT_FOR_DMP", "provide", "delete");
    await life.correct(one, 3);
    await ends(one, "published", "provide", "delete", "provide");
  });

  it("is one of two: one is deleted, and the other keeps the manifest", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.second(one);
    await ends(one, "published", "provide", "replace");
    await life.cancel(one);
    await ends(one, "published", "provide", "replace", "replace");
    await life.practice.report(
      { ...one, name: `${one.name}-other` },
      { action: "delete", controlId: `${one.name}-last` },
    );
    await ends(one, "closed SOURCE_REPORT_DELETED", "provide", "replace", "replace", "delete");
  });

  it("is on several studies, and its next version names fewer: only their manifests stay", async () => {
    const [one, two] = [life.practice.newCase(), life.practice.newCase()];
    const both = { patient: one.patient, name: one.name };
    const second = { ...both, study: two.study };
    life.practice.pacs.add(images(one.patient, one.study));
    life.practice.pacs.add(images(one.patient, two.study));
    await life.practice.site.send(reportMessage(one.patient, [one.study, two.study], one.name));
    await ends(one, "published", "provide");
    await ends(second, "published", "provide");
    await life.correct(one);
    await ends(one, "published", "provide", "replace");
    await ends(second, "closed SOURCE_STUDY_NO_LONGER_NAMED", "provide", "delete");
  });
});

describe("the wrong patient", () => {
  /** A published exam, and the same of the patient whose it is. */
  async function mistaken(): Promise<{ readonly wrong: Case; readonly right: Case }> {
    const wrong = life.practice.newCase();
    await life.published(wrong);
    return { wrong, right: { ...wrong, patient: life.practice.newCase().patient, name: `${wrong.name}-right` } };
  }

  function refile({ patient, study }: Case): void {
    life.practice.pacs.remove(study.studyInstanceUID);
    life.practice.pacs.add(images(patient, study));
  }

  const records = ({ study }: Case) =>
    life.practice.site.dmp.history(study.studyInstanceUID).map(({ action, patientId }) => `${action} ${patientId}`);

  it("is corrected by a deletion, then a new report", async () => {
    const { wrong, right } = await mistaken();
    await life.cancel(wrong);
    refile(right);
    await life.practice.report(right);
    await ends(right, "published", "provide", "delete", "provide");
    const [former, other] = [recordOf(wrong.patient), recordOf(right.patient)];
    expect(records(right)).toEqual([`provide ${former}`, `delete ${former}`, `provide ${other}`]);
  });

  it("is corrected by a new report, then a deletion: both stay away from each other until then", async () => {
    const { wrong, right } = await mistaken();
    refile(right);
    await life.practice.report(right);
    await ends(right, "parked SOURCE_REPORTS_DISAGREE", "provide");
    await life.cancel(wrong);
    await ends(right, "published", "provide", "delete", "provide");
    expect(life.held(right)[0]?.patientId).toBe(recordOf(right.patient));
  });

  it("is corrected by the next version of the report: withdrawn there, published here", async () => {
    const { wrong, right } = await mistaken();
    refile(right);
    await life.correct({ ...right, name: wrong.name });
    await ends(right, "published", "provide", "delete", "provide");
    const [former, other] = [recordOf(wrong.patient), recordOf(right.patient)];
    expect(records(right)).toEqual([`provide ${former}`, `delete ${former}`, `provide ${other}`]);
  });

  it("is corrected after images were rejected and restored under the wrong name: those notes contradict nothing", async () => {
    const { wrong, right } = await mistaken();
    const [first] = imagesOf(wrong);
    await life.note(wrong, "quality", [first as string]);
    await ends(wrong, "published", "provide", "replace");
    await life.note(wrong, "restored", [first as string]);
    await ends(wrong, "published", "provide", "replace", "replace");
    await life.cancel(wrong);
    refile(right);
    await life.practice.report(right);
    await ends(right, "published", "provide", "replace", "replace", "delete", "provide");
    await looked(right);
    await ends(right, "published", "provide", "replace", "replace", "delete", "provide");
  });

  it("is resolved by a person who sets the wrong report aside, and back again", async () => {
    const { wrong, right } = await mistaken();
    await life.practice.report(right);
    await ends(wrong, "parked SOURCE_REPORTS_DISAGREE", "provide");
    const messageId = await life.messageOf(right, right.name);
    await life.practice.decide(wrong, { kind: "set-aside", messageId });
    await ends(wrong, "published", "provide");
    await life.practice.decide(wrong, { kind: "take-up", messageId });
    await ends(wrong, "parked SOURCE_REPORTS_DISAGREE", "provide");
    await expect(life.practice.decide(wrong, { kind: "take-up", messageId })).rejects.toThrow(
      "SOURCE_NOTHING_TO_DECIDE",
    );
  });
});

describe("an order", () => {
  it("that agrees leaves the manifest as it is, before the report and after", async () => {
    const one = life.practice.newCase();
    await life.practice.order(one);
    await life.published(one);
    await life.practice.order(one, { controlId: `again ${one.name}`, action: "change" });
    await told(life, one, "unchanged", 0);
    await ends(one, "published", "provide");
  });

  it("that contradicts the report holds the exam, until it is cancelled", async () => {
    const one = life.practice.newCase();
    const accession = { root: one.study.accession.root, extension: "ACC-CONTRARY" };
    await life.practice.order(one, { changes: { accession } });
    await life.practice.submit(one);
    await ends(one, "parked SOURCE_ORDER_DISAGREES");
    await life.practice.order(one, { controlId: `cancel ${one.name}`, action: "cancel", changes: { accession } });
    await ends(one, "published", "provide");
  });

  it("that contradicts the report holds the exam, until it is changed", async () => {
    const one = life.practice.newCase();
    const accession = { root: one.study.accession.root, extension: "ACC-CONTRARY" };
    await life.practice.order(one, { changes: { accession } });
    await life.practice.submit(one);
    await ends(one, "parked SOURCE_ORDER_DISAGREES");
    await life.practice.order(one, { controlId: `change ${one.name}`, action: "change" });
    await ends(one, "published", "provide");
  });

  it("of another patient holds a published exam, and the manifest stays until a person has decided", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const stranger = { ...one, patient: life.practice.newCase().patient };
    await life.practice.order(stranger);
    await ends(one, "parked SOURCE_ORDER_DISAGREES", "provide");
    await life.practice.decide(one, { kind: "set-aside", messageId: await life.messageOf(one, `order ${one.name}`) });
    await ends(one, "published", "provide");
  });
});

describe("images", () => {
  it("are added: a look replaces the manifest, which lists them", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const more = images(one.patient, one.study, { series: [{ kind: "CT", images: 3 }, { kind: "SR" }] });
    life.practice.pacs.add(more);
    await looked(one);
    await ends(one, "published", "provide", "replace");
    expect(listed(one)).toEqual(instancesOf(more).sort());
  });

  const rejections = ["quality", "patient-safety", "wrong-worklist", "retention-expired"] as const;
  describe.each(rejections satisfies readonly (keyof typeof TITLES)[])("are rejected (%s)", (title) => {
    it("in part: the replacement lists the others; restored, all of them", async () => {
      const one = life.practice.newCase();
      await life.published(one);
      const [first = "", ...others] = imagesOf(one);
      await life.note(one, title, [first]);
      await ends(one, "published", "provide", "replace");
      expect(listed(one)).toEqual(others);
      await life.note(one, "restored", [first]);
      await ends(one, "published", "provide", "replace", "replace");
      expect(listed(one)).toEqual([first, ...others]);
    });

    it("all of them: the manifest is withdrawn; restored, it comes back", async () => {
      const one = life.practice.newCase();
      await life.published(one);
      await life.note(one, title);
      await eventually(async () => (await life.practice.exam(one)).exam.state === "closed", "closed");
      expect(life.deeds(one)).toEqual(["provide", "delete"]);
      expect((await life.practice.exam(one)).exam.code).toMatch(/^SOURCE_IMAGES_(GONE|REJECTED)$/);
      await life.note(one, "restored");
      await ends(one, "published", "provide", "delete", "provide");
      expect(listed(one)).toEqual(imagesOf(one));
    });
  });

  it("are rejected by a PACS that goes on listing them: they are left out all the same", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const [first = "", ...others] = imagesOf(one);
    await life.note(one, "quality", [first]);
    life.practice.pacs.add(images(one.patient, one.study));
    await ends(one, "published", "provide", "replace");
    await looked(one);
    await ends(one, "published", "provide", "replace");
    expect(listed(one)).toEqual(others);
  });

  it("are rejected twice over: the second note changes nothing", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const [first = ""] = imagesOf(one);
    await life.note(one, "quality", [first]);
    await ends(one, "published", "provide", "replace");
    const { length } = await life.lines(one);
    await life.note(one, "quality", [first]);
    await told(life, one, "unchanged", length);
    await ends(one, "published", "provide", "replace");
  });

  it("were rejected before the report came: the first manifest is without them", async () => {
    const one = life.practice.newCase();
    life.practice.pacs.add(images(one.patient, one.study));
    const [first = "", ...others] = imagesOf(one);
    await life.note(one, "patient-safety", [first]);
    await life.practice.report(one);
    await ends(one, "published", "provide");
    expect(listed(one)).toEqual(others);
  });
});

describe("a look at a published exam", () => {
  it("that the PACS does not answer changes nothing, and goes on when it does", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    for (const end of ["off", "mute"] as const) {
      const { length } = await life.lines(one);
      await life.line.leadTo(end);
      await life.practice.retry(one);
      await told(life, one, "fault", length);
      expect((await life.practice.exam(one)).exam.state).not.toBe("closed");
      expect(life.held(one)).toHaveLength(1);
      await life.free();
      await told(life, one, "unchanged", length);
      await ends(one, "published", "provide");
    }
  });

  it("that the PACS answers with nothing is told to a person, and the manifest stays", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    life.practice.pacs.remove(one.study.studyInstanceUID);
    await looked(one);
    await ends(one, "published SOURCE_STUDY_GONE", "provide");
    life.practice.pacs.add(images(one.patient, one.study));
    await looked(one);
    await ends(one, "published", "provide");
  });
});

describe("the look that the box takes by itself, some time after publication", () => {
  let common: Life;
  beforeAll(async () => {
    common = life;
    const source = { retryFirstSeconds: 0.05, retryLongestSeconds: 0.2, recheckHours: [0.0002, 1000] };
    life = await openLife({ settings: { source, dmp: { timeoutSeconds: 1, perMinute: 60_000 } } });
  });
  afterAll(async () => {
    await life[Symbol.asyncDispose]();
    life = common;
  });

  /** The box has looked again; it learns that it will be time by any message. */
  async function rechecked(one: Case): Promise<void> {
    await life.practice.report(life.practice.newCase());
    await told(life, one, "due", 0);
  }

  it("finds the images that were added, and the replacement lists them", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    const more = images(one.patient, one.study, { series: [{ kind: "CT", images: 3 }] });
    life.practice.pacs.add(more);
    await rechecked(one);
    await ends(one, "published", "provide", "replace");
    expect(listed(one)).toEqual(instancesOf(more).sort());
  });

  it("finds nothing: the manifest stays, and a person is told", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    life.practice.pacs.remove(one.study.studyInstanceUID);
    await rechecked(one);
    await ends(one, "published SOURCE_STUDY_GONE", "provide");
  });

  it.each(["off", "mute", "cut"] as const)("meets a PACS that is %s: nothing is concluded", async (end) => {
    const one = life.practice.newCase();
    await life.published(one);
    life.practice.pacs.remove(one.study.studyInstanceUID);
    await life.line.leadTo(end === "cut" ? { port: life.practice.pacs.port, cutAfter: 300 } : end);
    await rechecked(one);
    await told(life, one, "fault", 0);
    expect((await life.practice.exam(one)).exam.state).toBe("checking");
    life.practice.pacs.add(images(one.patient, one.study));
    await life.free();
    await ends(one, "published", "provide");
  });
});

describe("the operator", () => {
  it("withholds a published exam and releases it", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    await life.practice.decide(one, { kind: "withhold" });
    await ends(one, "closed SOURCE_WITHHELD", "provide", "delete");
    // Whatever comes in the meantime stays in.
    await life.correct(one);
    await told(life, one, "report-replaced", 0);
    await ends(one, "closed SOURCE_WITHHELD", "provide", "delete");
    await life.practice.decide(one, { kind: "release" });
    await ends(one, "published", "provide", "delete", "provide");
  });

  it("publishes anew what somebody else deleted in the DMP, and not before", async () => {
    const one = life.practice.newCase();
    await life.published(one);
    life.practice.site.dmp.reset();
    await life.correct(one);
    await ends(one, "parked SOURCE_REMOVED_FROM_RECORD");
    await life.practice.decide(one, { kind: "republish" });
    await ends(one, "published", "provide");
  });
});
