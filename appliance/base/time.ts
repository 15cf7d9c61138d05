/** HL7 points in time (TS), the same in v2 and in CDA: `YYYY[MM[DD[hh[mm[ss[.f]]]]]][+-zzzz]`. */

const TS = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,4}))?)?)?)?)?)?([+-]\d{2}:?\d{2})?$/;

/**
 * The instant of a TS, or undefined when it is not one. What is left out is the beginning of the period; without an
 * offset the time is the clock's of `timeZone` (IANA), summer time included.
 */
export function readTime(value: string, timeZone: string): Date | undefined {
  const match = TS.exec(value);
  if (match === null) return undefined;
  const [, year, month = "01", day = "01", hour = "00", minute = "00", second = "00", fraction = "0", zone] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const wall = new Date(`${iso}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  // The date parser carries 31 February into March; what comes back must be what was said.
  if (Number.isNaN(wall.getTime()) || !wall.toISOString().startsWith(iso)) return undefined;
  const offset = zone === undefined ? offsetAt(wall, timeZone) : minutesOf(zone);
  return new Date(wall.getTime() - offset * 60_000);
}

function minutesOf(zone: string): number {
  const digits = zone.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith("-") ? -minutes : minutes;
}

/**
 * Minutes east of UTC when the clock of `timeZone` shows `wall`: the offset of the day before if the clock really shows
 * that time under it, else the one of the day after. So an hour that comes twice is its first passage, and in an hour that
 * is skipped the clock is read as if it had not been moved.
 */
function offsetAt(wall: Date, timeZone: string): number {
  const day = 24 * 3_600_000;
  const before = zoneOffset(new Date(wall.getTime() - day), timeZone);
  const after = zoneOffset(new Date(wall.getTime() + day), timeZone);
  for (const candidate of [before, after]) {
    const instant = new Date(wall.getTime() - candidate * 60_000);
    if (zoneOffset(instant, timeZone) === candidate) return candidate;
  }
  return before;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffset(instant: Date, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(instant).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const offset = /[+-]\d{2}:\d{2}/.exec(name)?.[0];
  return offset === undefined ? 0 : minutesOf(offset);
}
