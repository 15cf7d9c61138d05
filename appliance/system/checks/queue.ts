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
      const { exams, oldestWork } = await counts();
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
      if (exams.parked > 0) {
        return {
          state: "warning",
          message: {
            fr: `${exams.parked} examen(s) attendent une personne.`,
            en: `${exams.parked} exam(s) wait for a person.`,
          },
          remedy: { fr: "Ouvrir la liste des examens en attente.", en: "Open the list of parked exams." },
        };
      }
      return ok("La file avance.", "The queue moves.");
    },
  };
}
