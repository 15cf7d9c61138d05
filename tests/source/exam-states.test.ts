import { describe, expect, it } from "vitest";
import { examStates } from "../../appliance/source/index.ts";

/** Every cell, read aloud: an empty one is a step that cannot be made. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  searching: {
    absent: "searching, later",
    fault: "searching, later",
    doubted: "parked",
    "not-for-dmp": "closed",
    prepared: "publishing, now",
    registered: "published",
    retried: "searching, now",
  },
  publishing: { fault: "publishing, later", refused: "parked", published: "published", retried: "publishing, now" },
  parked: { retried: "searching, now" },
  published: {},
  closed: {},
};

describe("the life of an exam", () => {
  it("is this table", () => {
    const read = Object.fromEntries(
      Object.entries(examStates).map(([state, steps]) => [
        state,
        Object.fromEntries(
          Object.entries(steps as Record<string, { to: string; again?: string }>).map(([event, { to, again }]) => [
            event,
            again === undefined ? to : `${to}, ${again}`,
          ]),
        ),
      ]),
    );
    expect(read).toEqual(table);
  });

  it("leaves publishing on a definite answer only", () => {
    const exits = Object.entries(examStates.publishing).filter(([, { to }]) => to !== "publishing");
    expect(exits.map(([event]) => event).sort()).toEqual(["published", "refused"]);
  });

  it("rests only where a person or nobody has to act", () => {
    const resting = Object.entries(examStates).flatMap(([, steps]) =>
      Object.values(steps as Record<string, { to: string; again?: string }>).flatMap(({ to, again }) =>
        again ? [] : to,
      ),
    );
    expect([...new Set(resting)].sort()).toEqual(["closed", "parked", "published"]);
  });
});
