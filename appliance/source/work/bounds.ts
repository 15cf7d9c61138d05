/** Turns at most so often a minute, evenly spread: none is saved up for later. `now` in milliseconds, monotonic. */
export function turns(perMinute: number, now: () => number): () => number {
  const spacing = 60_000 / perMinute;
  let next = Number.NEGATIVE_INFINITY;
  return () => {
    const turn = Math.max(next, now());
    next = turn + spacing;
    return turn - now();
  };
}

/** `HH:MM` of the site, both; a window that ends before it starts goes over midnight. */
export interface Hours {
  readonly from: string;
  readonly to: string;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Milliseconds until the hours of the site's day begin, to the minute; 0 within them. */
export function opening({ from, to }: Hours, timeZone: string, now: () => Date): () => number {
  const [opens, closes] = [minutesOf(from), minutesOf(to)];
  const format = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return () => {
    const minute = minutesOf(format.format(now()));
    const open = opens <= closes ? minute >= opens && minute < closes : minute >= opens || minute < closes;
    return open ? 0 : ((opens - minute + DAY_MINUTES) % DAY_MINUTES) * MINUTE_MS;
  };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
