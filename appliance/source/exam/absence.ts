import type { Cause, RecordState } from "../../store/index.ts";

/**
 * What it means that the PACS holds none of an exam's images, by why it was asked and by what the record holds. The PACS
 * has answered: one that does not answer is a fault, never an absence.
 *
 * - `wait`: images may still come.
 * - `tell`: the manifest stands, a person is told. An index that is being rebuilt must not empty the national record.
 * - `withdraw`: somebody has said that the images are gone: the PACS by a rejection note, or the administrator who runs the
 *   resynchronisation for that purpose (DB.SO.26, DB.SO.28).
 */
export const absences = {
  report: { absent: "wait", present: "wait" },
  person: { absent: "wait", present: "tell" },
  order: { absent: "wait", present: "tell" },
  recheck: { absent: "wait", present: "tell" },
  address: { absent: "wait", present: "tell" },
  note: { absent: "end", present: "withdraw" },
  resync: { absent: "end", present: "withdraw" },
} as const satisfies Record<Cause, Record<Exclude<RecordState, "unsure">, "wait" | "tell" | "withdraw" | "end">>;
