import type { Cause } from "../../store/index.ts";

/** What is known when the PACS has answered that it holds no such study. */
export interface Absence {
  /** Why it was asked. */
  readonly cause: Cause;
  /** The record holds a manifest of the exam. */
  readonly held: boolean;
  /** Rejection notes name every image of that manifest, or the study as a whole. */
  readonly explained: boolean;
  /** The PACS that held the images is among those that answered. */
  readonly askedHolder: boolean;
  /** The images were gone before: the manifest was withdrawn for it, and nobody has restored them since. */
  readonly knownGone: boolean;
}

/**
 * What an absence means. The PACS has answered: one that does not answer, or not in full, is a fault and never an absence.
 *
 * - `wait`: images may still come.
 * - `tell`: the manifest stands, a person is told. An index that is being rebuilt must not empty the national record.
 * - `withdraw`: somebody has said that the images are gone: the PACS by its notes, or the administrator who runs the
 *   resynchronisation for that purpose (DB.SO.26, DB.SO.28).
 * - `end`: nothing is held, and nothing is to come.
 */
export function meaningOf({
  cause,
  held,
  explained,
  askedHolder,
  knownGone,
}: Absence): "wait" | "tell" | "withdraw" | "end" {
  if (!held) return knownGone ? "end" : "wait";
  if ((explained || cause === "resync") && askedHolder) return "withdraw";
  return cause === "report" ? "wait" : "tell";
}
