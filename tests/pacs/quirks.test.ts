import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type DataSet, ImplicitVRLittleEndian, Tags, vrOf } from "../../appliance/dicom/index.ts";
import { Status, statusFault } from "../../appliance/dimse/index.ts";
import { defaultProfile, type PacsOptions } from "../../appliance/pacs/index.ts";
import { type Claim, Turns } from "../../appliance/pacs/turns.ts";
import { listenParrot } from "../support/parrot.ts";
import { type Asked, pacsAt, type Script, STUDY, scriptedPacs, wellBehaved } from "./scripted-pacs.ts";

const honest = wellBehaved(2, 3);

/** The PACS that answers as the honest one does, each list of answers changed. */
function altering(change: (answers: DataSet[], asked: Asked) => DataSet[]): Script {
  return { find: (asked) => change([...(honest.find(asked) as Iterable<DataSet>)], asked) };
}

/** Every UID of the answer, written as `write` does. */
function rewritten(answers: DataSet[], write: (uid: string) => string | Uint8Array): DataSet[] {
  for (const answer of answers) {
    for (const { tag } of [...answer]) {
      const uid = answer.string(tag);
      if (vrOf(tag) === "UI" && uid !== undefined) answer.set(tag, "UI", write(uid));
    }
  }
  return answers;
}

function without(answers: DataSet[], ...tags: number[]): DataSet[] {
  for (const answer of answers) for (const tag of tags) answer.delete(tag);
  return answers;
}

describe("what PACS of the field do", () => {
  /** What it does, the script, what its profile must say for it: nothing, when the answers show it. */
  const QUIRKS: readonly [string, Script, Partial<PacsOptions>?][] = [
    ["pads UIDs with a space", altering((answers) => rewritten(answers, (uid) => `${uid} `))],
    [
      "pads UIDs with more NULs than one",
      altering((answers) =>
        rewritten(answers, (uid) => Buffer.from(`${uid}\0\0\0`.slice(0, uid.length + 3), "latin1")),
      ),
    ],
    ["answers everything twice", altering((answers) => [...answers, ...answers])],
    ["answers in the reverse order", altering((answers) => answers.reverse())],
    [
      "leaves out the keys of the levels above",
      altering((answers, { level }) =>
        level === "STUDY"
          ? answers
          : without(answers, Tags.StudyInstanceUID, ...(level === "IMAGE" ? [Tags.SeriesInstanceUID] : [])),
      ),
    ],
    ["says no level", altering((answers) => without(answers, Tags.QueryRetrieveLevel))],
    [
      "refuses the sequence of the issuer",
      {
        *find(asked) {
          if (asked.identifier.has(Tags.IssuerOfPatientIDQualifiersSequence)) {
            throw statusFault("C-FIND", Status.identifierDoesNotMatch);
          }
          yield* honest.find(asked) as Iterable<DataSet>;
        },
      },
      { profile: { issuerOID: false } },
    ],
    [
      "refuses a query that skips a level, or names another",
      {
        *find(asked) {
          const above = { STUDY: [], SERIES: [asked.study], IMAGE: [asked.study, asked.series] }[asked.level];
          if (!above.every((uid) => /^[0-9.]+$/.test(uid))) throw statusFault("C-FIND", Status.identifierDoesNotMatch);
          yield* honest.find(asked) as Iterable<DataSet>;
        },
      },
    ],
  ];

  it.each(QUIRKS)("%s: the same study is found", async (_, script, options = {}) => {
    await using plain = await scriptedPacs(honest);
    await using odd = await scriptedPacs(script, options);
    expect(await odd.pacs.findStudy(STUDY)).toEqual(await plain.pacs.findStudy(STUDY));
    expect(await odd.pacs.findStudy("2.25.404")).toBeUndefined();
  });

  it("speaks Implicit VR only: the same study is found", async () => {
    await using plain = await scriptedPacs(honest);
    await using odd = await scriptedPacs({ ...honest, syntaxes: [ImplicitVRLittleEndian.uid] });
    expect(await odd.pacs.findStudy(STUDY)).toEqual(await plain.pacs.findStudy(STUDY));
  });

  it("takes two associations at once: with a profile that says so, thirty searches all come through", async () => {
    await using archive = await scriptedPacs({ ...honest, associations: 2 }, { profile: { associations: 2 } });
    const found = await Promise.all(Array.from({ length: 30 }, () => archive.pacs.findStudy(STUDY)));
    expect(found.every((study) => study?.series.length === 2)).toBe(true);
  });

  it("takes two associations at once, unknown to us: busy, which is tried again, and never an absence", async () => {
    await using archive = await scriptedPacs({ ...honest, associations: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => archive.pacs.findStudy(STUDY)));
    const refused = outcomes.filter((one) => one.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "PACS_BUSY", retry: "later" });
    for (const one of outcomes) if (one.status === "fulfilled") expect(one.value?.series).toHaveLength(2);
  });

  it.each([
    [undefined, defaultProfile.maximumLength],
    [16_384, 16_384],
  ])("misuses large PDUs: a maximum length of %s is announced as such", async (maximumLength, announced) => {
    const nest = await listenParrot();
    const profile = maximumLength === undefined ? {} : { maximumLength };
    const echo = pacsAt(nest.port, { profile }).echo();
    const parrot = await nest.next();
    const request = await parrot.expect(1);
    const at = request.indexOf(Buffer.from([0x51, 0, 0, 4]));
    expect(request.readUInt32BE(at + 4)).toBe(announced);
    parrot.close();
    await expect(echo).rejects.toMatchObject({ code: "PACS_INTERRUPTED" });
    await nest.close();
  });
});

describe("turns", () => {
  const signal = new AbortController().signal;

  it("never more at a time than allowed, in the order in which they came", async () => {
    const turns = new Turns(3);
    let now = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        turns.take(signal, async () => {
          order.push(index);
          most = Math.max(most, ++now);
          await sleep(1);
          now -= 1;
        }),
      ),
    );
    expect(most).toBe(3);
    expect(order).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it("what is brief does not stand behind what waits", async () => {
    const turns = new Turns(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const order: string[] = [];
    const note = (name: string) => async () => void order.push(name);
    const all = [
      turns.take(signal, () => promise),
      turns.take(signal, note("search")),
      turns.take(signal, note("search")),
      turns.take(signal, note("echo"), { urgency: "brief" }),
    ];
    resolve();
    await Promise.all(all);
    expect(order).toEqual(["echo", "search", "search"]);
  });

  it("who waits for an image goes before what is due, and that before what nobody waits for", async () => {
    const turns = new Turns(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const order: string[] = [];
    const urgencies = ["background", "soon", "now", "background", "soon", "now", "brief"] as const;
    const all = [
      turns.take(signal, () => promise),
      ...urgencies.map((urgency) => turns.take(signal, async () => void order.push(urgency), { urgency })),
    ];
    resolve();
    await Promise.all(all);
    expect(order).toEqual(["brief", "now", "now", "soon", "soon", "background", "background"]);
  });

  it("what nobody waited for goes before what is due once somebody waits for it", async () => {
    const turns = new Turns(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const order: string[] = [];
    const note = (name: string) => async () => void order.push(name);
    const waited = new AbortController();
    const urgent = waited.signal;
    const leaving = new AbortController();
    const all = [
      turns.take(signal, () => promise),
      turns.take(signal, note("prefetch"), { urgency: "background" }),
      turns.take(signal, note("awaited"), { urgency: "background", urgent }),
      turns.take(leaving.signal, note("left"), { urgency: "background", urgent }).catch(() => {}),
      turns.take(signal, note("search")),
      turns.take(signal, note("image"), { urgency: "now", urgent }),
    ];
    waited.abort();
    leaving.abort();
    all.push(turns.take(signal, note("late"), { urgency: "background", urgent }));
    resolve();
    await Promise.all(all);
    expect(order).toEqual(["image", "awaited", "late", "search", "prefetch"]);
  });

  it("what nobody waits for leaves the last place to who comes meanwhile", async () => {
    const turns = new Turns(3);
    const { promise, resolve } = Promise.withResolvers<void>();
    let background = 0;
    const prefetching = Array.from({ length: 5 }, () =>
      turns.take(signal, () => promise.finally(() => background++), { urgency: "background" }),
    );
    expect(await turns.take(signal, async () => background, { urgency: "now" })).toBe(0);
    resolve();
    await Promise.all(prefetching);
    expect(background).toBe(5);
  });

  it("what bars each other goes one after the other, in its order; what does not goes meanwhile", async () => {
    const turns = new Turns(4);
    const claim = (colour: string) => ({ colour, bars: (other: Claim) => (other as typeof none).colour !== colour });
    const none = claim("");
    const running: string[] = [];
    const seen: string[] = [];
    const work = (colour: string) => async () => {
      running.push(colour);
      seen.push(running.join(" "));
      await new Promise((resolve) => setTimeout(resolve, 5));
      running.splice(running.indexOf(colour), 1);
    };
    const asked = ["red", "red", "blue", "red", "", "blue"];
    const all = asked.map((colour) => turns.take(signal, work(colour), colour === "" ? {} : { claim: claim(colour) }));
    await Promise.all(all);
    // The last red came after a blue that waits: it does not pass it.
    for (const together of seen) {
      const colours = together.split(" ").filter((colour) => colour !== "");
      expect(new Set(colours).size).toBeLessThanOrEqual(1);
    }
    const order = seen.map((together) => together.split(" ").at(-1)).filter((colour) => colour !== "");
    expect(order).toEqual(["red", "red", "blue", "red", "blue"]);
  });

  it("a place is given back by work that fails and by one who gives up waiting", async () => {
    const turns = new Turns(1);
    await expect(turns.take(signal, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    const { promise, resolve } = Promise.withResolvers<void>();
    const holding = turns.take(signal, () => promise);
    const leaving = new AbortController();
    const waiting = turns.take(leaving.signal, async () => "never");
    leaving.abort(new Error("no patience"));
    await expect(waiting).rejects.toThrow("no patience");
    resolve();
    await holding;
    expect(await turns.take(signal, async () => "next")).toBe("next");
  });
});
