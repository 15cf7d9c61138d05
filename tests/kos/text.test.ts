import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { localTime } from "../../appliance/kos/clock.ts";
import { keyObjectDescription } from "../../appliance/kos/key-object-description.ts";
import { date, description, identifier, personName, time, uid } from "../../appliance/kos/text.ts";

const code = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
  return "none";
};

describe("a description", () => {
  it("is shortened by characters, not by bytes", () => {
    expect(description("é".repeat(70), 64)).toBe("é".repeat(64));
    expect(description("𝄞".repeat(70), 64)).toBe("𝄞".repeat(64));
  });
  it("never becomes two values, nor two lines", () => {
    expect(description("Thorax\\Abdomen\r\nsans injection\u0000", 64)).toBe("Thorax/Abdomen sans injection");
  });
  it("is composed, so that an accent typed in two parts still fits Latin-1", () => {
    expect(description("Te\u0301le\u0301", 64)).toBe("Télé");
  });
});

describe("an identifier", () => {
  it("is kept as it is", () => {
    expect(identifier(" 7252295367250016 ", 16, "requests[0].accession")).toBe("7252295367250016");
  });
  it.each([
    ["too long", "72522953672500161"],
    ["empty", "  "],
    ["two values", "A\\B"],
    ["a control character", "A\tB"],
  ])("%s: refused, never shortened", (_, value) => {
    expect(code(() => identifier(value, 16, "accession"))).toBe("KOS_IDENTIFIER_INVALID");
  });
  it("says where, never what", () => {
    const error = (() => {
      try {
        identifier("SECRET".repeat(20), 16, "requests[1].accession");
      } catch (cause) {
        return cause as CodedError;
      }
      return undefined;
    })();
    expect(error?.where).toBe("requests[1].accession");
    expect(JSON.stringify(error)).not.toContain("SECRET");
  });
});

describe("a UID", () => {
  it.each([
    ["padded with a NUL", "1.2.3\0", "1.2.3"],
    ["padded with spaces", "1.2.3  ", "1.2.3"],
    ["with a leading zero, as archives hold some", "1.2.03", "1.2.03"],
  ])("%s", (_, value, kept) => {
    expect(uid(value, "study")).toBe(kept);
  });
  it.each(["", "1.2.A", `1.${"2".repeat(64)}`, "1.2\\1.3", "1.2/../3"])("%j is refused", (value) => {
    expect(code(() => uid(value, "study"))).toBe("KOS_UID_INVALID");
  });
});

describe("traits", () => {
  it("a name is family^given", () => {
    expect(personName("LE GOFF", "ANNE-MARIE", "patient")).toBe("LE GOFF^ANNE-MARIE");
    expect(personName("NGUYEN", "", "patient")).toBe("NGUYEN^");
  });
  it.each([
    ["a delimiter", "A^B", "C"],
    ["a backslash", "A\\B", "C"],
    ["another alphabet's delimiter", "A=B", "C"],
    ["no family name", " ", "C"],
  ])("a name with %s is refused", (_, family, given) => {
    expect(code(() => personName(family, given, "patient"))).toBe("KOS_PATIENT_INVALID");
  });
  it.each([
    ["the given name first", "A".repeat(60), "BCDEF", `${"A".repeat(60)}^BCD`],
    ["the family name only when it must", "Ö".repeat(80), "BCDEF", `${"Ö".repeat(63)}^`],
    ["nothing of 64 characters", "A".repeat(60), "BCD", `${"A".repeat(60)}^BCD`],
  ])("a name longer than a PN loses %s", (_, family, given, written) => {
    expect(personName(family, given, "patient")).toBe(written);
  });
  it.each([
    ["19690213", "19690213"],
    ["1969.02.13", "19690213"],
    ["19690229", ""],
    ["19690000", ""],
    ["1969", ""],
    [undefined, ""],
  ])("date %s is written %j", (value, written) => {
    expect(date(value)).toBe(written);
  });
  it.each([
    ["101500", "101500"],
    ["10:15:00.5", "101500.5"],
    ["1015", "1015"],
    ["251500", ""],
    ["101500.1234567", ""],
    [undefined, ""],
  ])("time %s is written %j", (value, written) => {
    expect(time(value)).toBe(written);
  });
});

describe("the site's clock", () => {
  it.each([
    ["Europe/Paris", "2026-07-01T22:30:05Z", "20260702", "003005", "+0200"],
    ["Europe/Paris", "2026-01-01T00:00:00Z", "20260101", "010000", "+0100"],
    ["America/Martinique", "2026-01-01T00:00:00Z", "20251231", "200000", "-0400"],
    ["Indian/Reunion", "2026-03-29T01:00:00Z", "20260329", "050000", "+0400"],
    ["UTC", "2026-01-01T00:00:00Z", "20260101", "000000", "+0000"],
  ])("%s at %s", (zone, moment, day, hour, offset) => {
    expect(localTime(new Date(moment), zone)).toEqual({ date: day, time: hour, offset });
  });
  it.each([
    ["a summer exam described in winter", "20260715", "101500", "2026-12-01T11:00:00Z", "130000", "+0200"],
    ["a winter exam described in summer", "20260115", "101500", "2026-07-01T11:00:00Z", "120000", "+0100"],
    ["the last hour of summer time", "20261025", "015959", "2026-10-25T06:00:00Z", "080000", "+0200"],
    ["the first hour of winter time", "20261025", "033000", "2026-10-25T06:00:00Z", "070000", "+0100"],
    ["an exam whose hour is not known", "20260715", "", "2026-12-01T11:00:00Z", "130000", "+0200"],
    ["an exam of a leap second", "20260115", "235960", "2026-07-01T11:00:00Z", "120000", "+0100"],
    ["an exam before legal time", "19000115", "1015", "2026-07-01T11:00:00Z", "110900", "+0009"],
  ])("%s: one offset is true of every time in the file", (_, date, time, moment, shown, offset) => {
    expect(localTime(new Date(moment), "Europe/Paris", { date, time })).toMatchObject({ time: shown, offset });
  });
  it("an unknown zone is a fault of the configuration", () => {
    expect(code(() => localTime(new Date(0), "Europe/Brest"))).toBe("KOS_SETTING_INVALID");
  });
});

describe("the Key Object Description", () => {
  const series = { seriesInstanceUID: "2.25.1002", modality: "CT", instances: [] };
  it("has one line for the exam, one for the act and one per series", () => {
    const text = keyObjectDescription("Scanner thorax", "CT thorax", [
      { ...series, description: "Thorax 1 mm" },
      { ...series, seriesInstanceUID: "2.25.1003", modality: "SR", bodyPart: "CHEST" },
    ]);
    expect(text).toBe(
      "Examen : Scanner thorax\nActe = CT thorax\nSérie-2.25.1002 : CT @  : Thorax 1 mm\nSérie-2.25.1003 : SR @ CHEST : \n",
    );
  });
  it("cannot be made to announce a series that does not exist", () => {
    const text = keyObjectDescription("Scanner\nSérie-2.25.666 : CT @  : faux", "", [
      { ...series, bodyPart: "A : B @ C", description: "a\r\nSérie-2.25.667 : MR @  : faux" },
    ]);
    expect(text.split("\n").filter((line) => line.startsWith("Série-"))).toEqual([
      "Série-2.25.1002 : CT @ A   B   C : a Série-2.25.667 : MR @  : faux",
    ]);
  });
});
