import type { Bound } from "./destination.ts";

/** At most so many pieces of work a minute, evenly spread: none is saved up for later. `now` in milliseconds, monotonic. */
export function rateBound(perMinute: number, now: () => number): Bound {
  const spacing = 60_000 / perMinute;
  let next = Number.NEGATIVE_INFINITY;
  return {
    get wait() {
      return Math.max(0, next - now());
    },
    start() {
      next = Math.max(next, now()) + spacing;
    },
  };
}

/** `HH:MM` of the site, both; a window that ends before it starts goes over midnight. */
export interface Hours {
  readonly from: string;
  readonly to: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Only within these hours of the site's day. Outside, it is asked again within a minute of the opening. */
export function hoursBound({ from, to }: Hours, timeZone: string, now: () => Date): Bound {
  const [opens, closes] = [minutesOf(from), minutesOf(to)];
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return {
    get wait() {
      const minute = minutesOf(format.format(now()));
      const open = opens <= closes ? minute >= opens && minute < closes : minute >= opens || minute < closes;
      return open ? 0 : ((opens - minute + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS;
    },
    start() {},
  };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
