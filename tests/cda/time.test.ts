import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTime } from "../../appliance/base/index.ts";
import { isValidInsKey } from "../../appliance/cda/index.ts";

const paris = "Europe/Paris";

describe("an HL7 time", () => {
  it.each([
    ["2026", "2025-12-31T23:00:00.000Z"],
    ["202607", "2026-06-30T22:00:00.000Z"],
    ["20260701", "2026-06-30T22:00:00.000Z"],
    ["2026070108", "2026-07-01T06:00:00.000Z"],
    ["202607010830", "2026-07-01T06:30:00.000Z"],
    ["20260701083015.1234", "2026-07-01T06:30:15.123Z"],
    ["20260101003000+0100", "2025-12-31T23:30:00.000Z"],
    ["20260701083015+02:00", "2026-07-01T06:30:15.000Z"],
    ["20260701083015-0330", "2026-07-01T12:00:15.000Z"],
    ["20240229", "2024-02-28T23:00:00.000Z"],
    // The clock goes from 2:00 to 3:00 on 29 March, and from 3:00 back to 2:00 on 25 October.
    ["20260329015959", "2026-03-29T00:59:59.000Z"],
    ["20260329023000", "2026-03-29T01:30:00.000Z"],
    ["20260329030000", "2026-03-29T01:00:00.000Z"],
    ["20261025015959", "2026-10-24T23:59:59.000Z"],
    ["20261025023000", "2026-10-25T00:30:00.000Z"],
    ["20261025030000", "2026-10-25T02:00:00.000Z"],
  ])("%s is %s", (value, iso) => {
    expect(readTime(value, paris)?.toISOString()).toBe(iso);
  });

  it.each([
    "",
    "26",
    "20260",
    "20261301",
    "20260230",
    "2026070125",
    "202607010860",
    "20260701 0830",
    "2026-07-01",
    "20260701+1",
  ])("%s is none", (value) => {
    expect(readTime(value, paris)).toBeUndefined();
  });

  it("right after the clock was moved is of the new offset, west of Greenwich too", () => {
    expect(readTime("201903100300", "America/Miquelon")?.toISOString()).toBe("2019-03-10T05:00:00.000Z");
    expect(readTime("201903310300", paris)?.toISOString()).toBe("2019-03-31T01:00:00.000Z");
  });

  it("without offset shows the same clock in its zone, in any zone", () => {
    const zones = fc.constantFrom(
      paris,
      "America/Guadeloupe",
      "Indian/Reunion",
      "Pacific/Noumea",
      "America/Miquelon",
      "UTC",
    );
    const minutes = fc.integer({ min: 0, max: 40 * 365 * 24 * 60 });
    fc.assert(
      fc.property(zones, minutes, (timeZone, count) => {
        const value = new Date(Date.UTC(1990, 0, 1) + count * 60_000).toISOString().replace(/\D/g, "").slice(0, 12);
        const instant = readTime(value, timeZone)!;
        const clock = instant.toLocaleString("sv-SE", { timeZone }).replace(/\D/g, "").slice(0, 12);
        // In the hour that a clock skips, no instant shows that time; the two differ by that hour.
        const skipped = readTime(clock, timeZone)!.getTime() === instant.getTime() && clock !== value;
        expect(clock === value || skipped).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the key of an INS", () => {
  it.each(["285039999900196", "167029999900241", "279035121518989", "248039263001064", "146026322000196"])(
    "%s agrees",
    (matricule) => expect(isValidInsKey(matricule)).toBe(true),
  );

  it("counts Corsica as 19 and 18", () => {
    const withKey = (head: string, number: number) => `${head}${String(97 - (number % 97)).padStart(2, "0")}`;
    expect(isValidInsKey(withKey("185032A000001", 1850319000001))).toBe(true);
    expect(isValidInsKey(withKey("185032B000001", 1850318000001))).toBe(true);
    expect(isValidInsKey(withKey("185032B000001", 1850319000001))).toBe(false);
  });

  it.each([
    "",
    "285039999900197",
    "28503999990019",
    "2850399999001960",
    "A85039999900196",
    "285032C99900196",
    "285 039999900196",
  ])("%s does not", (matricule) => expect(isValidInsKey(matricule)).toBe(false));

  it("finds any one wrong digit", () => {
    const good = "285039999900196";
    for (let at = 0; at < 13; at++)
      for (let digit = 1; digit < 10; digit++) {
        const wrong = good.slice(0, at) + ((Number(good[at]) + digit) % 10) + good.slice(at + 1);
        expect(isValidInsKey(wrong)).toBe(false);
      }
  });
});
