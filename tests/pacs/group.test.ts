import { describe, expect, it } from "vitest";

import {
  createPacsGroup,
  type FoundStudy,
  isPartial,
  type Pacs,
  pacsErrors,
  type RetrieveOutcome,
  type RetrieveRequest,
} from "../../appliance/pacs/index.ts";

function found(pacs: string, instances: number, patientID = "IPP-1"): FoundStudy {
  const list = Array.from({ length: instances }, (_, number) => ({
    sopClassUID: "1.2",
    sopInstanceUID: `2.25.1.1.${number}`,
  }));
  return {
    pacs,
    studyInstanceUID: "2.25.1",
    patientID,
    accessionNumber: "ACC1",
    series: [{ seriesInstanceUID: "2.25.1.1", modality: "CT", instances: list }],
  };
}

const coded = (code: Parameters<typeof pacsErrors.fault>[0]) => pacsErrors.fault(code);
const down = coded("PACS_UNREACHABLE");
const conflict = coded("PACS_CONFLICTING_ACCESSION");

/** A PACS that has one thing to say. */
function says(outcome: FoundStudy | Error | undefined, index = 0): Pacs {
  return {
    name: `pacs ${index + 1}`,
    ways: [],
    async echo() {},
    async findStudy() {
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    async retrieve() {
      throw coded("PACS_NO_RETRIEVE");
    },
  };
}

type Outcome = Parameters<typeof says>[0];
const few = found("cache", 2);
const all = found("archive", 5);
const copy = found("copy", 5);

/** What each PACS says, and what the site concludes. */
const TABLE: readonly [string, Outcome[], Outcome | string][] = [
  ["nobody has it", [undefined, undefined], undefined],
  ["the second has it", [undefined, all], all],
  ["one has it, the other is down, and may have more", [down, all], { ...all, unanswered: ["pacs 1"] }],
  ["one has not, the other is down", [undefined, down], "PACS_UNREACHABLE"],
  ["all are down", [down, down], "PACS_UNREACHABLE"],
  ["two have it, one of them whole", [few, all], all],
  ["two have it whole: the first configured", [all, copy], all],
  ["two have it, for two patients", [all, found("copy", 5, "IPP-2")], "PACS_CONFLICTING_PATIENT"],
  ["one has it, the other in contradiction with itself", [all, conflict], "PACS_CONFLICTING_ACCESSION"],
  ["one is down, the other in contradiction with itself", [down, conflict], "PACS_CONFLICTING_ACCESSION"],
  ["no PACS at all", [], "PACS_NONE_CONFIGURED"],
];

describe("several PACS", () => {
  it.each(TABLE)("%s", async (_, outcomes, conclusion) => {
    const search = createPacsGroup(outcomes.map((one, index) => says(one, index))).findStudy("2.25.1");
    if (typeof conclusion === "string") await expect(search).rejects.toMatchObject({ code: conclusion });
    else expect(await search).toEqual(conclusion);
  });

  it("asks only those that may have it", async () => {
    const group = createPacsGroup([says(down, 0), says(all, 1), says(copy, 2)]);
    expect(await group.findStudy("2.25.1", { among: ["pacs 3", "pacs 2"] })).toBe(all);
    expect(await group.findStudy("2.25.1", { among: ["pacs 3"] })).toBe(copy);
    await expect(group.findStudy("2.25.1", { among: ["pacs 1"] })).rejects.toMatchObject({ code: "PACS_UNREACHABLE" });
  });

  it("one that is not configured has not said that it has nothing", async () => {
    const group = createPacsGroup([says(undefined)]);
    const unknown = { code: "PACS_UNKNOWN", retry: "human", details: { pacs: "old" } };
    await expect(group.findStudy("2.25.1", { among: ["pacs 1", "old"] })).rejects.toMatchObject(unknown);
    await expect(group.findStudy("2.25.1", { among: [] })).rejects.toMatchObject({ code: "PACS_NONE_CONFIGURED" });
  });

  it("a study may be partial: fewer listed than counted, or a PACS that could not be asked", () => {
    expect([all, { ...all, expectedInstances: 5 }, { ...all, expectedInstances: 4 }].map(isPartial)).toEqual([
      false,
      false,
      false,
    ]);
    expect(
      [
        { ...all, expectedInstances: 6 },
        { ...all, unanswered: ["cache"] },
      ].map(isPartial),
    ).toEqual([true, true]);
  });

  it("a defect of our own is not hidden by a PACS that answers", async () => {
    await expect(createPacsGroup([says(all), says(new TypeError("bug"))]).findStudy("2.25.1")).rejects.toThrow("bug");
  });
});

/** A PACS that sends the instances of these numbers, then says how it ended. */
function sends(name: string, numbers: readonly number[], ending?: Error): Pacs & { readonly asked: string[][] } {
  const asked: string[][] = [];
  return {
    ...says(undefined),
    name,
    asked,
    async retrieve({ expected, store }: RetrieveRequest): Promise<RetrieveOutcome> {
      const uids = expected.map(({ sopInstanceUID }) => sopInstanceUID);
      asked.push(uids);
      const mine = expected.filter(({ sopInstanceUID }) => numbers.includes(Number(sopInstanceUID.split(".").at(-1))));
      for (const instance of mine) await store({ ...instance, transferSyntax: "1.2" }, nothing());
      if (ending !== undefined) throw ending;
      if (mine.length === 0) throw coded("PACS_GONE");
      const counts = { remaining: 0, completed: mine.length, failed: 0, warning: 0 };
      return { method: "c-get", received: mine.length, counts, failedSOPInstanceUIDs: [] };
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe("images of several PACS", () => {
  const expected = [1, 2, 3].map((number) => ({ sopClassUID: "1.2", sopInstanceUID: `2.25.1.1.${number}` }));
  async function retrieved(members: readonly Pacs[], pacs?: string) {
    const stored: string[] = [];
    const outcome = createPacsGroup(members).retrieve({
      ...(pacs !== undefined && { pacs }),
      studyInstanceUID: "2.25.1",
      seriesInstanceUID: "2.25.1.1",
      expected,
      transferSyntaxes: ["1.2.840.10008.1.2.1"],
      priority: "now",
      store: async ({ sopInstanceUID }) => void stored.push(sopInstanceUID),
    });
    return { stored, ...(await outcome.catch((error: unknown) => ({ error }))) };
  }

  it("come from the one that is named, and from no other", async () => {
    const [cache, archive] = [sends("cache", [1, 2, 3]), sends("archive", [1, 2, 3])];
    expect(await retrieved([cache, archive], "archive")).toMatchObject({ received: 3 });
    expect([cache.asked.length, archive.asked.length]).toEqual([0, 1]);
    expect(await retrieved([cache], "archive")).toMatchObject({ error: { code: "PACS_UNKNOWN" } });
  });

  it("come from the next when the first has none, or not all: what has come is not asked for again", async () => {
    expect(await retrieved([sends("cache", []), sends("archive", [1, 2, 3])])).toMatchObject({ received: 3 });
    const archive = sends("archive", [1, 2, 3]);
    const { stored, ...outcome } = await retrieved([sends("cache", [2]), archive]);
    expect(outcome).toMatchObject({ received: 3, method: "c-get" });
    expect(archive.asked).toEqual([["2.25.1.1.1", "2.25.1.1.3"]]);
    expect(stored.toSorted()).toEqual(expected.map(({ sopInstanceUID }) => sopInstanceUID));
  });

  it.each<[string, Pacs[], string]>([
    ["nobody has them", [sends("a", []), sends("b", [])], "PACS_GONE"],
    ["one has none, the other is down", [sends("a", []), sends("b", [], down)], "PACS_UNREACHABLE"],
    ["one is down, the other has none", [sends("a", [], down), sends("b", [])], "PACS_UNREACHABLE"],
    ["one breaks off, the other has none", [sends("a", [1], down), sends("b", [])], "PACS_UNREACHABLE"],
    ["there is no PACS", [], "PACS_NONE_CONFIGURED"],
  ])("%s: %s", async (_, members, code) => {
    expect(await retrieved(members)).toMatchObject({ error: { code } });
  });

  it("are not all there: what came counts, and the others are for who asked to judge", async () => {
    expect(await retrieved([sends("a", [1]), sends("b", [])])).toMatchObject({ received: 1 });
  });

  it("are not asked of the next PACS by who has left", async () => {
    const archive = sends("archive", [1]);
    const left = await retrieved([sends("cache", [], coded("PACS_CANCELLED")), archive]);
    expect([left, archive.asked]).toMatchObject([{ error: { code: "PACS_CANCELLED" } }, []]);
  });
});
