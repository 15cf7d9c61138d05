import { describe, expect, it } from "vitest";
import { isSuspicious, Window } from "../../../appliance/source/tools/guard.ts";

describe("how many exams may be gone before the PACS is doubted", () => {
  it.each([
    [0, 0, false],
    [0, 50, false],
    [1, 1, true],
    [1, 2, false],
    [2, 2, true],
    [2, 10, false],
    [3, 10, true],
    [3, 30, false],
    [4, 30, true],
    [5, 50, false],
    [6, 50, true],
    [50, 50, true],
  ])("%i of %i: %s", (gone, asked, suspicious) => {
    expect(isSuspicious(gone, asked)).toBe(suspicious);
  });

  it("looks back over the exams that were just done only", () => {
    const window = new Window();
    const add = (gone: boolean, times: number) => {
      for (let n = 0; n < times; n++) window.add(gone);
    };
    add(false, 100);
    add(true, 5);
    add(false, 60);
    add(true, 5);
    expect(() => window.add(true)).toThrow(expect.objectContaining({ code: "SOURCE_RESYNC_MANY_GONE" }));
  });

  it("doubts at the third, when the first three are gone", () => {
    const window = new Window();
    window.add(true);
    window.add(true);
    expect(() => window.add(true)).toThrow(expect.objectContaining({ code: "SOURCE_RESYNC_MANY_GONE" }));
  });
});
