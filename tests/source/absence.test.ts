import { describe, expect, it } from "vitest";
import { type Absence, meaningOf } from "../../appliance/source/exam/absence.ts";

const base: Absence = { cause: "recheck", held: true, explained: false, askedHolder: true, knownGone: false };

/** What the PACS has answered "none" to, and what it means: the record is emptied only when somebody has said so. */
const table: readonly [what: string, absence: Partial<Absence>, meaning: string][] = [
  ["a report came, the images are late", { cause: "report", held: false }, "wait"],
  ["a person retries, the images are late", { cause: "person", held: false }, "wait"],
  ["a note on some images came before the images", { cause: "note", held: false }, "wait"],
  ["a resynchronisation of what was never published", { cause: "resync", held: false }, "wait"],
  ["the manifest was withdrawn since the images were gone", { cause: "report", held: false, knownGone: true }, "end"],
  ["a corrected report, the archive is being repaired", { cause: "report" }, "wait"],
  ["hours after publication", { cause: "recheck" }, "tell"],
  ["an order", { cause: "order" }, "tell"],
  ["a new address", { cause: "address" }, "tell"],
  ["a person asks", { cause: "person" }, "tell"],
  ["a note on some of the images, and all are gone", { cause: "note" }, "tell"],
  ["notes on all of the images", { cause: "note", explained: true }, "withdraw"],
  ["notes on all of the images, seen by a recheck", { cause: "recheck", explained: true }, "withdraw"],
  ["notes on all of the images, and a corrected report", { cause: "report", explained: true }, "withdraw"],
  ["a resynchronisation", { cause: "resync" }, "withdraw"],
  ["a resynchronisation that did not ask the PACS that held them", { cause: "resync", askedHolder: false }, "tell"],
  [
    "notes, of a PACS other than the one that held them",
    { cause: "note", explained: true, askedHolder: false },
    "tell",
  ],
];

describe("a study that the PACS does not have", () => {
  it.each(table)("%s: %o means %s", (_what, absence, meaning) => {
    expect(meaningOf({ ...base, ...absence })).toBe(meaning);
  });
});
