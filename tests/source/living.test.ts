import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { living } from "../../appliance/source/intake/living.ts";
import { readReceived } from "../../appliance/source/intake/read.ts";
import type { ReceivedDeletion, ReceivedReport } from "../../appliance/source/intake/report.ts";
import { buildReportMessage, sandboxReport, sandboxStudy } from "../../scripts/sandbox/ris.ts";

const STUDY = sandboxStudy().studyInstanceUID;
const EIGHT = Date.UTC(2026, 0, 12, 8);

/** `v1`, `v2>v1` (replaces), `-v1` (deletes), each with the minute at which it was sent; `?` when it does not say. */
type Line = readonly [what: string, minute: number | "?", changes?: Changes];

interface Changes {
  readonly sender?: string;
  readonly set?: string;
  readonly patient?: "other";
  readonly study?: string;
}

const real = readReceived("hl7", buildReportMessage(sandboxReport(), { family: "ORU", controlId: "M1" }), {
  defaultCharset: "utf-8",
  timeZone: "Europe/Paris",
}) as ReceivedReport;

/** A message as the RIS would have sent it: what the fold looks at, on the base of a real one. */
function sent([what, minute, changes = {}]: Line): ReceivedReport | ReceivedDeletion {
  const { sender = "RIS", set, patient, study } = changes;
  const [id = "", parent] = what.replace("-", "").split(">");
  const { sentAt: _, ...base } = real.message;
  const message = {
    ...base,
    sendingApplication: sender,
    ...(minute !== "?" && { sentAt: new Date(EIGHT + minute * 60_000) }),
  };
  const [event] = real.header.serviceEvents;
  const header = {
    ...real.header,
    patient: patient === undefined ? real.header.patient : { ...real.header.patient, birthDate: "19000101" },
    serviceEvents:
      study === undefined || event === undefined ? real.header.serviceEvents : [{ ...event, studyInstanceUID: study }],
  };
  const common = { documentId: id, setId: set, documentDigest: real.documentDigest };
  if (what.startsWith("-")) {
    return { ...common, kind: "deletion", message: { ...message, action: "delete" }, header, ends: [id] };
  }
  const ends = parent === undefined ? [] : [parent];
  return { ...common, kind: "report", message: { ...message, action: parent ? "replace" : "create" }, header, ends };
}

function left(lines: readonly Line[]): string {
  const { reports, faults } = living(lines.map(sent), STUDY);
  return [...reports.map(({ documentId }) => documentId), ...faults.map(({ code }) => code)].join(" ") || "nothing";
}

/** In the order in which the messages come; the minute is the sender's own clock. */
const table: readonly [what: string, lines: readonly Line[], left: string][] = [
  ["a report", [["v1", 0]], "v1"],
  [
    "a report that is corrected",
    [
      ["v1", 0],
      ["v2>v1", 1],
    ],
    "v2",
  ],
  [
    "a report that is deleted",
    [
      ["v1", 0],
      ["-v1", 1],
    ],
    "nothing",
  ],
  [
    "a correction that is deleted: the first version does not come back",
    [
      ["v1", 0],
      ["v2>v1", 1],
      ["-v2", 2],
    ],
    "nothing",
  ],
  [
    "a correction that comes before what it corrects",
    [
      ["v2>v1", 1],
      ["v1", 0],
    ],
    "v2",
  ],
  [
    "a deletion that comes before its report",
    [
      ["-v1", 1],
      ["v1", 0],
    ],
    "nothing",
  ],
  [
    "a report sent anew after its deletion",
    [
      ["v1", 0],
      ["-v1", 1],
      ["v1", 2],
    ],
    "v1",
  ],
  [
    "a report that came late, after its deletion",
    [
      ["-v1", 5],
      ["v1", 4],
    ],
    "nothing",
  ],
  [
    "a deletion that came late, after the report was sent anew",
    [
      ["v1", 0],
      ["v1", 5],
      ["-v1", 3],
    ],
    "v1",
  ],
  [
    "without times, the order of arrival",
    [
      ["v1", "?"],
      ["-v1", "?"],
      ["v1", "?"],
    ],
    "v1",
  ],
  [
    "two senders, whose clocks are not compared",
    [
      ["v1", 0],
      ["-v1", 9, { sender: "B" }],
      ["v1", 5],
    ],
    "v1",
  ],
  [
    "a chain whose middle comes last",
    [
      ["v1", 0],
      ["v3>v2", 2],
      ["v2>v1", 1],
    ],
    "v3",
  ],
  [
    "a chain whose middle comes last and whose end is deleted",
    [
      ["v1", 0],
      ["v3>v2", 2],
      ["v2>v1", 1],
      ["-v3", 3],
    ],
    "nothing",
  ],
  [
    "an old version repeated with a new time while its correction stands",
    [
      ["v1", 0],
      ["v2>v1", 1],
      ["v1", 7],
    ],
    "v2",
  ],
  [
    "a first version sent anew after its correction was deleted",
    [
      ["v1", 0],
      ["v2>v1", 1],
      ["-v2", 2],
      ["v1", 3],
    ],
    "v1",
  ],
  [
    "the deletion of a version that was replaced already",
    [
      ["v1", 0],
      ["v2>v1", 1],
      ["-v1", 2],
    ],
    "v2",
  ],
  [
    "two reports, one of them deleted",
    [
      ["a", 0],
      ["b", 1],
      ["-a", 2],
    ],
    "b",
  ],
  [
    "a deletion and the report in the same minute, in that order",
    [
      ["v1", 0],
      ["-v1", 5],
      ["v1", 5],
    ],
    "SOURCE_DELETION_UNCERTAIN",
  ],
  [
    "a report and its deletion in the same minute",
    [
      ["v1", 5],
      ["-v1", 5],
    ],
    "nothing",
  ],
  [
    "a deletion for another patient",
    [
      ["v1", 0],
      ["-v1", 1, { patient: "other" }],
    ],
    "v1 SOURCE_DELETION_DISAGREES",
  ],
  [
    "a report moved to another patient",
    [
      ["v1", 0],
      ["v2>v1", 1, { patient: "other" }],
    ],
    "v2",
  ],
  [
    "another patient's report on another study that claims to replace it",
    [
      ["v1", 0],
      ["v2>v1", 1, { patient: "other", study: "2.25.9" }],
    ],
    "v1 v2 SOURCE_DELETION_DISAGREES",
  ],
  [
    "the deletion of a version never seen, of the same set",
    [
      ["v1", 0, { set: "S" }],
      ["-v7", 3, { set: "S" }],
    ],
    "nothing",
  ],
  [
    "the deletion of a version never seen, of another set",
    [
      ["v1", 0, { set: "S" }],
      ["-v7", 3, { set: "T" }],
    ],
    "v1",
  ],
  [
    "two documents that replace each other: the later one",
    [
      ["v1>v2", 0],
      ["v2>v1", 1],
    ],
    "v2",
  ],
];

describe("what stands of the reports on an exam", () => {
  it.each(table)("%s", (_what, lines, expected) => {
    const found = left(lines).split(" ");
    expect([...new Set(found)].join(" ")).toBe(expected === "SOURCE_DELETION_UNCERTAIN" ? `v1 ${expected}` : expected);
  });

  it("does not depend on the order of arrival, when the messages of one sender say when they were sent", () => {
    const kinds = ["a", "b", "c", "b>a", "c>b", "c>a", "d>c", "-a", "-b", "-c", "-d"] as const;
    const story = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(story, fc.infiniteStream(fc.nat()), (events, random) => {
        const lines = events.map((event, minute): Line => [event, minute]);
        const keys = lines.map(() => Number(random.next().value));
        const shuffled = lines
          .map((line, index) => ({ line, key: keys[index] ?? 0 }))
          .sort((x, y) => x.key - y.key)
          .map(({ line }) => line);
        expect(left(shuffled)).toBe(left(lines));
      }),
      { numRuns: 5000 },
    );
  });
});
