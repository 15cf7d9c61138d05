import { fault } from "./errors.ts";

/** A moment as a clock of the site shows it. */
interface LocalTime {
  /** DA, `YYYYMMDD`. */
  readonly date: string;
  /** TM, `HHMMSS`. */
  readonly time: string;
  /** TimezoneOffsetFromUTC (0008,0201), `+HHMM` or `-HHMM`. */
  readonly offset: string;
}

/**
 * `moment` at the offset that the IANA zone `timeZone` had when its clocks showed `wall` (DA and TM of the study), or has at
 * `moment` when the study's date is unknown. One offset stands for every date and time of an object (PS3.3 C.12.1.1.8),
 * and those of the study are the archive's: an exam of July described in January is told in summer time.
 *
 * `KOS_SETTING_INVALID` when there is no such zone.
 */
export function localTime(
  moment: Date,
  timeZone: string,
  wall: { readonly date: string; readonly time: string } = { date: "", time: "" },
): LocalTime {
  const minutes = offsetMinutes(instantOf(wall, timeZone) ?? moment, timeZone);
  const shown = new Date(moment.getTime() + minutes * MINUTE).toISOString();
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  return {
    date: shown.slice(0, 10).replaceAll("-", ""),
    time: shown.slice(11, 19).replaceAll(":", ""),
    offset: `${minutes < 0 ? "-" : "+"}${hours}${rest}`,
  };
}

const MINUTE = 60_000;

/** The instant when the zone's clocks showed that date and time; noon when only the date is known. */
function instantOf(
  { date, time }: { readonly date: string; readonly time: string },
  timeZone: string,
): Date | undefined {
  if (date === "") return undefined;
  const clock = time === "" ? "120000" : time.slice(0, 6).padEnd(6, "0");
  const utc = Date.parse(
    `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T` +
      `${clock.slice(0, 2)}:${clock.slice(2, 4)}:${clock.slice(4) === "60" ? "59" : clock.slice(4)}Z`,
  );
  // The clocks change once between two guesses at most: the second is right.
  const guess = new Date(utc - offsetMinutes(new Date(utc), timeZone) * MINUTE);
  return new Date(utc - offsetMinutes(guess, timeZone) * MINUTE);
}

/** Minutes east of UTC. */
function offsetMinutes(moment: Date, timeZone: string): number {
  const name = formatter(timeZone)
    .formatToParts(moment)
    .find(({ type }) => type === "timeZoneName")?.value;
  // "GMT+02:00", and a bare "GMT" on the meridian; the seconds of the solar times before 1911 have no place in DICOM.
  const [, sign, hours = "0", minutes = "0"] = /([+-])(\d{2}):(\d{2})/.exec(name ?? "") ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  } catch (cause) {
    throw fault("KOS_SETTING_INVALID", { where: "timeZone", cause });
  }
}
