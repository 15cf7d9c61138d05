import type { Exercise, ProfessionRule } from "./model.ts";

/**
 * Physicians, whatever their speciality: who may see images as long as the national table of rights is not public
 * (DB.SO.34 asks for a check of the profession and names none). A rule that leaves the category out takes students too.
 */
export const PHYSICIANS: readonly ProfessionRule[] = [{ profession: "10" }];

/** True when one of the exercises is allowed by one of the rules: who may act as several is asked for none. */
export function maySeeImages(exercises: readonly Exercise[], rules: readonly ProfessionRule[]): boolean {
  return exercises.some((exercise) => rules.some((rule) => matches(exercise, rule)));
}

const NAMED = ["profession", "category", "speciality"] as const;

function matches(exercise: Exercise, rule: ProfessionRule): boolean {
  return NAMED.every((name) => rule[name] === undefined || rule[name] === exercise[name]);
}
