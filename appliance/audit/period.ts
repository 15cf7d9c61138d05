import { readTime, said } from "../base/index.ts";
import { auditErrors } from "./errors.ts";

/**
 * From the first midnight of `from` to the one after `to`: days of the site (`YYYY-MM-DD`), both included; open where one is
 * not given. AUDIT_PERIOD_INVALID for a day that does not exist, or a last before the first.
 */
export function periodOf(
  { from, to }: { readonly from?: string; readonly to?: string },
  timeZone: string,
): { readonly from?: Date; readonly to?: Date } {
  const midnight = (day: string) => {
    const instant = /^\d{4}-\d{2}-\d{2}$/.test(day) ? readTime(day.replaceAll("-", ""), timeZone) : undefined;
    if (instant === undefined) throw invalid();
    return instant;
  };
  const invalid = () => auditErrors.fault("AUDIT_PERIOD_INVALID", { details: { from: from ?? "…", to: to ?? "…" } });
  const first = from === undefined ? undefined : midnight(from);
  const last = to === undefined ? undefined : midnight(to);
  if (first !== undefined && last !== undefined && first > last) throw invalid();
  return said({ from: first, to: to === undefined ? undefined : midnight(dayAfter(to)) });
}

function dayAfter(day: string): string {
  const next = new Date(day);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
