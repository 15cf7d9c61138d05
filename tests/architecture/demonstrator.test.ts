import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const rows = readFileSync(`${root}docs/demonstrator-bugs.md`, "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, id = "", , here = "", caught = ""] = line.split("|").map((cell) => cell.trim());
    return /^[PIR]\d$/.test(id) ? [{ id, here, caught }] : [];
  });

/** `path` "title". */
const NAMED = /`(tests\/[^`]+)` "([^"]+)"/g;

describe("docs/demonstrator-bugs.md", () => {
  it("has the 21 faults", () => {
    const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
    expect(rows.map(({ id }) => id)).toEqual([...numbered("P", 9), ...numbered("I", 9), ...numbered("R", 3)]);
  });

  it.each(rows)("$id is caught by tests that exist, or is of a part that does not", ({ here, caught }) => {
    const named = [...caught.matchAll(NAMED)];
    if (named.length === 0) expect([here, caught]).toEqual([expect.stringMatching(/^Not built yet/), "the law"]);
    for (const [, path = "", title = ""] of named) {
      expect(existsSync(root + path), path).toBe(true);
      const quoted = ['"', "'", "`"].map((quote) => `${quote}${title}${quote}`);
      const source = readFileSync(root + path, "utf8");
      expect(
        quoted.some((text) => source.includes(text)),
        `${path}: ${title}`,
      ).toBe(true);
    }
    expect(caught.split("`tests/").length - 1, "each in the form that is read here").toBe(named.length);
  });
});
