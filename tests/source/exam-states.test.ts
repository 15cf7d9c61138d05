import { describe, expect, it } from "vitest";
import { examStates } from "../../appliance/source/index.ts";

interface Step {
  readonly to: string;
  readonly again?: string;
  readonly record?: string;
  readonly cause?: string;
}

const rows = Object.entries(examStates) as [string, Readonly<Record<string, Step>>][];
const cells = rows.flatMap(([from, steps]) => Object.entries(steps).map(([event, step]) => ({ from, event, ...step })));
const read = ({ to, again, record }: Step) =>
  [to, again, record && `record ${record}`].filter((part) => part !== undefined).join(", ");

describe("the life of an exam", () => {
  it("begins with a report, and with nothing in the record", () => {
    expect(Object.keys(examStates.new)).toEqual(["reported", "doubted", "ended"]);
    expect(rows.flatMap(([, steps]) => Object.values(steps)).some(({ to }) => to === "new")).toBe(false);
  });

  it("leaves publishing on a definite answer, or for a look, which asks the registry first", () => {
    const exits = Object.entries(examStates.publishing)
      .filter(([, { to }]) => to !== "publishing")
      .map(([event, step]) => `${event}: ${read(step)}`);
    expect(exits.sort()).toEqual([
      "decided: searching, now",
      "noted: searching, now",
      "ordered: searching, now",
      "published: published, recheck, record present",
      "refused: parked",
      "reported: searching, now",
      "withdrawn: searching, now, record absent",
    ]);
  });

  it("rests only where a person or nobody has to act", () => {
    const resting = cells.filter(({ again }) => again === undefined).map(({ to }) => to);
    expect([...new Set(resting)].sort()).toEqual(["closed", "parked"]);
  });

  it("is closed by a look only with nothing in the record", () => {
    const closing = cells.filter(({ to, from }) => to === "closed" && ["searching", "checking"].includes(from));
    expect(closing.every(({ record }) => record === "absent")).toBe(true);
  });

  it("knows what the record holds when it rests published, and until something is sent", () => {
    const begun = cells.filter(({ to, from }) => to === "publishing" && from !== "publishing");
    expect(begun.map(({ record }) => record)).toEqual([undefined, undefined]);
    expect(cells.filter(({ to }) => to === "published").every(({ record }) => record === "present")).toBe(true);
  });

  it("takes a report, a note and a person's decision in every state", () => {
    for (const [state, steps] of rows) {
      if (state === "new") continue;
      expect(Object.keys(steps), state).toEqual(expect.arrayContaining(["reported", "noted", "decided"]));
    }
  });

  it("waits for a person only where the record holds nothing, or after a look", () => {
    const parking = cells.filter(({ event }) => event === "doubted").map(({ from }) => from);
    expect(parking).toEqual(["new", "searching", "checking", "parked", "closed"]);
  });

  it("lets no order stand for a resynchronisation, which alone may withdraw by an absence", () => {
    const ordered = cells.filter(
      ({ event, from }) => event === "ordered" && ["checking", "published", "parked"].includes(from),
    );
    expect(ordered.map(({ cause }) => cause)).toEqual(["order", "order", "order"]);
  });
});
