import type { Counts } from "../../store/index.ts";
import { type Check, ok } from "./check.ts";

const HOUR_MS = 3600 * 1000;
/** Work older than this is a sign that something outside does not come back. */
const WARNING_MS = 24 * HOUR_MS;

/** The age of the oldest work that the box must do by itself, and what waits for a person. */
export function queueCheck(counts: () => Promise<Counts>, now: () => Date): Check {
  return {
    id: "queue",
    async run() {
      const { exams, messages, flagged, oldestWork } = await counts();
      if (messages.unreadable > 0) {
        return {
          state: "error",
          message: {
            fr: `${messages.unreadable} message(s) acceptés ne peuvent plus être lus.`,
            en: `${messages.unreadable} accepted message(s) cannot be read any more.`,
          },
          remedy: { fr: "Appeler l'assistance : ils sont gardés.", en: "Call support: they are kept." },
        };
      }
      const age = oldestWork === undefined ? 0 : now().getTime() - oldestWork.getTime();
      if (age > WARNING_MS) {
        const hours = Math.floor(age / HOUR_MS);
        return {
          state: "warning",
          message: { fr: `Un travail attend depuis ${hours} heures.`, en: `Some work has waited for ${hours} hours.` },
          remedy: {
            fr: "Lire l'état des destinations et des examens.",
            en: "Read the state of destinations and exams.",
          },
        };
      }
      if (exams.parked + flagged > 0) {
        return {
          state: "warning",
          message: {
            fr: `${exams.parked + flagged} examen(s) attendent une personne.`,
            en: `${exams.parked + flagged} exam(s) wait for a person.`,
          },
          remedy: { fr: "Les lire : box exams.", en: "Read them: box exams." },
        };
      }
      return ok("La file avance.", "The queue moves.");
    },
  };
}
