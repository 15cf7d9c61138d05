import { describe, expect, it } from "vitest";

import { createPacsGroup, type FoundStudy, isPartial, type Pacs, pacsErrors } from "../../appliance/pacs/index.ts";

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
    async echo() {},
    async findStudy() {
      if (outcome instanceof Error) throw outcome;
      return outcome;
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
