/**
 * Every cell of the table of exam states, driven through a whole box by real bytes: messages, rejection notes, decisions,
 * time. Before the cell the exam is brought into its state and held there, after it the next state is held and looked at;
 * then the world goes on, and what the record holds at the end must be right.
 */
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { examStates } from "../../appliance/source/exam/states.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { type Life, openLife, schemaFaults, told } from "./life.ts";
import { waysInto } from "./life-states.ts";
import { images, recordOf } from "./people.ts";
import { type Case, eventually } from "./practice.ts";

type States = typeof examStates;

/** One cell: how the exam comes to its state, what happens then, and how it all ends. */
interface Cell {
  readonly before: (one: Case) => Promise<unknown>;
  readonly act: (one: Case) => Promise<unknown>;
  /** The line of the timeline that tells of the event. */
  readonly line: string;
  /** A site of its own, where that of the others will not do. */
  readonly site?: () => Promise<Life>;
  /** The state in which the exam comes to rest, then all that was done to the record. */
  readonly end: string;
}

/** A cell without an outside trigger: why. */
type Unreachable = string;

const rules = (recheckHours: number[]) => ({
  source: { retryFirstSeconds: 0.05, retryLongestSeconds: 0.2, recheckHours },
  dmp: { timeoutSeconds: 0.5, perMinute: 60_000 },
});

let common: Life;
/** The one of the cell in hand. */
let life: Life;
beforeAll(async () => {
  common = await openLife({ settings: rules([1000]) });
});
beforeEach(() => {
  life = common;
});
afterAll(() => common[Symbol.asyncDispose]());
afterEach(() => leaves(common));

/** Whatever happened, nothing is in the record twice, and the box coped with it. */
async function leaves(site: Life): Promise<void> {
  await site.free();
  expect(site.practice.site.dmp.doubles()).toEqual([]);
  expect(site.practice.errors()).toEqual([]);
}

const UNQUALIFIED = { fields: { "PID-32": "PROV" } } as const;
const NOT_FOR_DMP = { changes: { flags: { DESTDMP: "N" } } } as const;

const {
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
} = waysInto(() => life);

// What happens.

const retry = (one: Case) => life.practice.retry(one);
const order = (one: Case) => life.practice.order(one);
const another = (one: Case) => life.second(one);
const partOf = (one: Case) => {
  const [first] = images(one.patient, one.study).instances;
  return [first?.sopInstanceUID ?? ""];
};
const note = (one: Case) => life.note(one, "quality", partOf(one));
const setAside = async (one: Case) =>
  life.practice.decide(one, { kind: "set-aside", messageId: await life.messageOf(one, `${one.name}-other`) });
const withhold = (one: Case) => life.practice.decide(one, { kind: "withhold" });
const doubt = (one: Case) => life.second(one, { fields: { "PID-7": "20010203" } });
const { hold, free } = { hold: () => life.hold(), free: () => life.free() };

/** Time passes; whatever comes in lets the box see at once what falls due when. */
const rested = async () => {
  await hold();
  await life.practice.report(life.practice.newCase());
};

const eager = () => openLife({ settings: rules([0.0003]) });
const alone = () => openLife({ settings: rules([1000]) });
/** A box that bore another address before it was configured anew. */
const renamed = () =>
  openLife({
    settings: rules([1000]),
    mistake: async () => ({ site: { publicAddress: "https://former.tilleuls.example.fr/dicom-web-rs" } }),
  });
const resync = () => life.practice.start({ kind: "resync", force: true });

/** The compiler wants a cell for each cell of the table, the first test asks again at run time. */
const cells: { readonly [State in keyof States]: { readonly [Event in keyof States[State]]: Cell | Unreachable } } = {
  new: {
    reported: { before: nothing, act: searching, line: "report-received", end: "published: provide" },
    doubted: {
      before: nothing,
      act: (one) => life.practice.report(one, UNQUALIFIED),
      line: "report-received",
      end: "parked:",
    },
    ended: {
      before: nothing,
      act: (one) => life.practice.report(one, NOT_FOR_DMP),
      line: "report-received",
      end: "closed:",
    },
  },
  searching: {
    reported: {
      before: searching,
      act: (one) => life.correct(one),
      line: "report-replaced",
      end: "published: provide",
    },
    ordered: { before: searching, act: order, line: "order-received", end: "published: provide" },
    noted: { before: searching, act: note, line: "note-received", end: "published: provide" },
    retried: { before: searching, act: retry, line: "retried", end: "published: provide" },
    decided: { before: searching, act: setAside, line: "decided", end: "published: provide" },
    absent: { before: waiting, act: free, line: "absent", end: "searching:" },
    fault: { before: waiting, act: () => life.line.leadTo("off"), line: "fault", end: "searching:" },
    registered: {
      before: async (one) => {
        life.practice.site.dmp.faults.next({ kind: "acceptThenSilent" });
        silent();
        await life.practice.submit(one);
        await eventually(() => life.held(one).length === 1, "the record has it, we do not know");
        await life.hold();
        await another(one);
        await life.practice.reaches(one, "searching");
      },
      act: async () => life.practice.site.dmp.faults.clear(),
      line: "registered",
      end: "published: provide, replace",
    },
    unregistered: {
      before: async (one) => {
        await published(one);
        // Asked for the entry, it answers; the deletion is done, and nobody is told.
        life.practice.site.dmp.faults.next({ kind: "slow", ms: 0 });
        life.practice.site.dmp.faults.next({ kind: "acceptThenSilent" });
        silent();
        await life.cancel(one);
        await eventually(() => life.held(one).length === 0, "the record has lost it, we do not know");
        await life.hold();
        await another(one);
        await life.practice.reaches(one, "searching");
      },
      act: async () => life.practice.site.dmp.faults.clear(),
      line: "unregistered",
      end: "published: provide, delete, provide",
    },
    doubted: {
      before: async (one) => {
        await waiting(one);
        life.practice.pacs.add(images(one.patient, one.study, { accessionNumber: "ACC-OTHER" }));
      },
      act: free,
      line: "doubted",
      end: "parked:",
    },
    ended: { before: searching, act: withhold, line: "ended", end: "closed:" },
    unchanged: { before: reconsidered, act: free, line: "unchanged", end: "published: provide" },
    gone: {
      before: async (one) => {
        await reconsidered(one);
        life.practice.pacs.remove(one.study.studyInstanceUID);
      },
      act: free,
      line: "gone",
      end: "published: provide",
    },
    prepared: {
      before: searching,
      act: () => life.line.leadTo(life.practice.pacs),
      line: "prepared",
      end: "published: provide",
    },
  },
  checking: {
    reported: { before: checking, act: another, line: "report-received", end: "published: provide, replace" },
    ordered: { before: checking, act: order, line: "order-received", end: "published: provide" },
    noted: { before: checking, act: note, line: "note-received", end: "published: provide, replace" },
    resynced: { before: checking, act: resync, line: "resynced", end: "published: provide", site: alone },
    retried: { before: checking, act: retry, line: "retried", end: "published: provide" },
    decided: { before: checking, act: withhold, line: "decided", end: "closed: provide, delete" },
    fault: { before: checking, act: () => life.line.leadTo("off"), line: "fault", end: "published: provide" },
    registered: "an exam in doubt about its last submission is in `searching`, for a message or a person led it there",
    unregistered: {
      before: async (one) => {
        await checking(one);
        // Somebody empties the record while the PACS rejects all images.
        life.practice.site.dmp.reset();
        await life.note(one, "quality");
        silentAfter(1);
      },
      act: () => life.line.leadTo(life.practice.pacs),
      line: "unregistered",
      end: "searching:",
    },
    doubted: {
      before: async (one) => {
        await checking(one);
        life.practice.pacs.remove(one.study.studyInstanceUID);
        life.practice.pacs.add(images(one.patient, one.study, { patientID: "IPP-OTHER" }));
      },
      act: free,
      line: "doubted",
      end: "parked: provide",
    },
    ended: "an exam whose record is empty is not in `checking`: a look that ends it passes by `publishing`",
    unchanged: { before: checking, act: free, line: "unchanged", end: "published: provide" },
    gone: {
      before: async (one) => {
        await checking(one);
        life.practice.pacs.remove(one.study.studyInstanceUID);
      },
      act: free,
      line: "gone",
      end: "published: provide",
    },
    prepared: {
      before: async (one) => {
        await checking(one);
        life.practice.pacs.add(images(one.patient, one.study, { series: [{ kind: "CT", images: 3 }] }));
        life.practice.site.dmp.faults.clear();
        silentAfter(1);
      },
      act: () => life.line.leadTo(life.practice.pacs),
      line: "prepared",
      end: "published: provide, replace",
    },
  },
  publishing: {
    reported: { before: publishing, act: another, line: "report-received", end: "published: provide" },
    ordered: { before: publishing, act: order, line: "order-received", end: "published: provide" },
    noted: { before: publishing, act: note, line: "note-received", end: "published: provide" },
    retried: { before: publishing, act: retry, line: "retried", end: "published: provide" },
    decided: { before: publishing, act: withhold, line: "decided", end: "closed:" },
    fault: { before: publishing, act: async () => {}, line: "fault", end: "published: provide" },
    refused: {
      before: async (one) => {
        await publishing(one);
        life.practice.site.dmp.unknownPatients.add(recordOf(one.patient));
      },
      act: free,
      line: "refused",
      end: "parked:",
    },
    published: { before: publishing, act: free, line: "published", end: "published: provide" },
    withdrawn: {
      // A report on another patient took the place of the first: the manifest must leave the first one's record.
      before: async (one) => {
        await published(one);
        life.practice.site.dmp.faults.always({ kind: "slow", ms: 300 });
        await moved(one);
        await life.practice.reaches(one, "publishing");
      },
      act: () => life.line.leadTo("mute"),
      line: "withdrawn",
      end: "published: provide, delete, provide",
    },
  },
  published: {
    reported: {
      before: published,
      act: (one) => hold().then(() => another(one)),
      line: "report-received",
      end: "published: provide, replace",
    },
    ordered: {
      before: published,
      act: (one) => hold().then(() => order(one)),
      line: "order-received",
      end: "published: provide",
    },
    noted: {
      before: published,
      act: (one) => hold().then(() => note(one)),
      line: "note-received",
      end: "published: provide, replace",
    },
    due: { before: published, act: rested, line: "due", end: "published: provide", site: eager },
    resynced: {
      before: published,
      act: () => hold().then(resync),
      line: "resynced",
      end: "published: provide",
      site: alone,
    },
    readdressed: {
      before: async (one) => {
        await published(one);
        await life.practice.mend();
        await life.hold();
      },
      act: () => life.practice.start({ kind: "readdress" }),
      line: "readdressed",
      end: "published: provide, replace",
      site: renamed,
    },
    retried: {
      before: published,
      act: (one) => hold().then(() => retry(one)),
      line: "retried",
      end: "published: provide",
    },
    decided: {
      before: published,
      act: (one) => hold().then(() => withhold(one)),
      line: "decided",
      end: "closed: provide, delete",
    },
  },
  parked: {
    reported: {
      before: parked,
      act: (one) => hold().then(() => life.correct(one)),
      line: "report-replaced",
      end: "parked:",
    },
    ordered: { before: parked, act: (one) => hold().then(() => order(one)), line: "order-received", end: "parked:" },
    noted: { before: parked, act: (one) => hold().then(() => note(one)), line: "note-received", end: "parked:" },
    retried: { before: parked, act: (one) => hold().then(() => retry(one)), line: "retried", end: "parked:" },
    decided: { before: parked, act: (one) => hold().then(() => setAside(one)), line: "decided", end: "parked:" },
    doubted: {
      before: parked,
      act: (one) => life.correct(one, 2, { CONNEXION_SECRETE: "Y" }),
      line: "report-replaced",
      end: "parked:",
    },
    ended: {
      before: async (one) => {
        await life.practice.report(one, UNQUALIFIED);
        await life.practice.reaches(one, "parked");
      },
      act: (one) => life.cancel(one),
      line: "report-deleted",
      end: "closed:",
    },
  },
  closed: {
    reported: {
      before: closed,
      act: (one) => hold().then(() => life.correct(one)),
      line: "report-replaced",
      end: "searching: provide, replace, delete",
    },
    noted: {
      before: closed,
      act: (one) => hold().then(() => life.note(one, "restored")),
      line: "note-received",
      end: "published: provide, replace, delete, provide",
    },
    retried: {
      before: closed,
      act: (one) => hold().then(() => retry(one)),
      line: "retried",
      end: "searching: provide, replace, delete",
    },
    decided: {
      before: closed,
      act: (one) => hold().then(() => setAside(one)),
      line: "decided",
      end: "searching: provide, replace, delete",
    },
    doubted: { before: closed, act: doubt, line: "report-received", end: "parked: provide, replace, delete" },
    ended: {
      before: async (one) => {
        await life.practice.report(one, NOT_FOR_DMP);
        await life.practice.reaches(one, "closed");
      },
      act: (one) => life.cancel(one),
      line: "report-deleted",
      end: "closed:",
    },
  },
};

/** The next version of the report says that the images are of another patient, and so does the PACS. */
async function moved(one: Case): Promise<void> {
  const { patient } = life.practice.newCase();
  life.practice.pacs.remove(one.study.studyInstanceUID);
  life.practice.pacs.add(images(patient, one.study));
  await life.correct({ ...one, patient });
}

/** The cells that something from outside leads to; the others say in the table why nothing does. */
const rows = Object.entries(cells).flatMap(([state, row]) =>
  Object.entries(row as Record<string, Cell | Unreachable>).flatMap(([event, cell]) =>
    typeof cell === "string" ? [] : [{ state, event, cell }],
  ),
);

it("has a row for each cell of the table", () => {
  const names = (table: object) =>
    Object.entries(table).flatMap(([state, row]) => Object.keys(row).map((event) => `${state} ${event}`));
  expect(names(cells)).toEqual(names(examStates));
});

describe("each cell of the table, by what comes from outside", () => {
  for (const { state, event, cell } of rows) {
    const step = (examStates as Record<string, Record<string, { to: string; record?: string }>>)[state]?.[event];
    it(`${state}, ${event} -> ${step?.to}, at last ${cell.end}`, async () => {
      await using own = await cell.site?.();
      if (own !== undefined) life = own;
      const one = life.practice.newCase();
      await cell.before(one);
      const known = state === "new" ? undefined : ((await life.practice.exam(one)) as unknown as Known);
      if (known !== undefined) expect(known.exam.state).toBe(state);
      await cell.act(one);
      await told(life, one, cell.line, known?.timeline.length ?? 0);
      const { exam } = (await life.practice.reaches(one, step?.to ?? "")) as unknown as Known;
      const record = step?.record ?? known?.exam.record ?? "absent";
      // The first attempt may have begun already.
      expect(step?.to === "publishing" ? [record, "unsure"] : [record]).toContain(exam.record);

      await life.free();
      const [rest = "", deeds = ""] = cell.end.split(":");
      await eventually(
        async () => life.deeds(one).join(", ") === deeds.trim() && (await life.practice.exam(one)).exam.state === rest,
        `${one.name} ends ${cell.end}`,
        8000,
      );
      expect(life.held(one).length).toBe(/(provide|replace)$/.test(deeds) ? 1 : 0);
      await leaves(life);
    });
  }
});

describe("where the table has no step, what comes from outside changes nothing", () => {
  it("leaves out no such cell", () => {
    const outside = ["reported", "ordered", "noted", "retried", "decided"];
    const empty = Object.entries(examStates).flatMap(([state, row]) =>
      outside.filter((event) => !(event in row)).map((event) => `${state} ${event}`),
    );
    expect(empty).toEqual(["new ordered", "new noted", "new retried", "new decided", "closed ordered"]);
  });

  it("an order or a rejection note makes no exam, and a person has none to act on", async () => {
    const one = life.practice.newCase();
    life.practice.pacs.add(images(one.patient, one.study));
    await order(one);
    await life.note(one, "quality");
    const known = life.practice.newCase();
    // Opened after them, in the order of their coming.
    await life.published(known);
    const { exams } = JSON.parse((await life.practice.site.api("GET", "/exams?limit=500")).toString());
    const studies = exams.map(({ studyInstanceUID }: { studyInstanceUID: string }) => studyInstanceUID);
    expect(studies).toContain(known.study.studyInstanceUID);
    expect(studies).not.toContain(one.study.studyInstanceUID);
    await expect(life.practice.site.api("POST", "/exams/999999/retry")).rejects.toThrow("SOURCE_EXAM_UNKNOWN");
  });

  it("an order does not open a closed exam", async () => {
    const one = life.practice.newCase();
    await life.practice.report(one, NOT_FOR_DMP);
    const { exam } = await life.practice.reaches(one, "closed");
    await order(one);
    await told(life, one, "order-received", 1);
    expect((await life.practice.exam(one)).exam).toMatchObject({ state: "closed", code: exam.code });
    expect(life.deeds(one)).toEqual([]);
  });
});

const samples = sharedSamples();
it.skipIf(samples === undefined || !hasCommand("xmllint"))(
  "all that was sent to the record is valid by the schemas of IHE (skipped when xmllint or ../shared is absent)",
  () => {
    const requests = common.said.flatMap(
      (body) => /<(\w+:)?SubmitObjectsRequest.*<\/\1SubmitObjectsRequest>/s.exec(body)?.[0] ?? [],
    );
    const kinds = (pattern: RegExp) => requests.filter((request) => pattern.test(request)).length;
    expect(kinds(/associationType="urn:ihe:iti:2007:AssociationType:RPLC"/), "replacements").toBeGreaterThan(5);
    expect(kinds(/urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus/), "deletions").toBeGreaterThan(5);
    expect(schemaFaults(requests, join(samples ?? "", "schemas/ihe-xds/nist-toolkit2-v3/lcm.xsd"))).toBe("");
  },
);

interface Known {
  readonly exam: { readonly state: string; readonly record: string };
  readonly timeline: readonly unknown[];
}
