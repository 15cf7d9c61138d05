import { fault } from "./errors.ts";

/** A moment as the site's clock shows it. */
export interface LocalTime {
  /** DA, `YYYYMMDD`. */
  readonly date: string;
  /** TM, `HHMMSS`. */
  readonly time: string;
  /** TimezoneOffsetFromUTC (0008,0201), `+HHMM` or `-HHMM`, summer time included. */
  readonly offset: string;
}

/** `moment` in the IANA zone `timeZone`; `KOS_SETTING_INVALID` when there is no such zone. */
export function localTime(moment: Date, timeZone: string): LocalTime {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? "";
  // "GMT+02:00", and a bare "GMT" on the meridian.
  const offset = part("timeZoneName").replace(/^GMT/, "").replace(":", "");
  return {
    date: part("year") + part("month") + part("day"),
    time: part("hour") + part("minute") + part("second"),
    offset: offset === "" ? "+0000" : offset,
  };
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZoneName: "longOffset",
    });
  } catch (cause) {
    throw fault("KOS_SETTING_INVALID", { where: "timeZone", cause });
  }
}
