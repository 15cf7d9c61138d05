import { type Check, ok } from "./check.ts";

/** No software of ours runs before it was made. */
export const BUILD_DATE = new Date("2026-11-25T00:00:00Z");
/** A clock this far behind the latest time seen has been set back. */
const TOLERATED_MS = 5 * 60_000;

/**
 * The clock has a floor: the build date and the latest time ever seen. Behind it, signatures and certificates would be
 * refused for reasons that say nothing of a clock. `latestSeen` records the present time and gives the latest one.
 */
export function clockCheck(latestSeen: (now: Date) => Promise<Date>, now: () => Date): Check {
  return {
    id: "clock",
    async run() {
      const present = now();
      const seen = await latestSeen(present);
      const floor = Math.max(BUILD_DATE.getTime(), seen.getTime() - TOLERATED_MS);
      if (present.getTime() >= floor) return ok("L'horloge avance.", "The clock moves on.");
      return {
        state: "error",
        message: {
          fr: "L'horloge est en retard sur une heure déjà vue.",
          en: "The clock is behind a time already seen.",
        },
        remedy: { fr: "Vérifier la synchronisation NTP du boîtier.", en: "Check the NTP synchronisation of the box." },
      };
    },
  };
}
