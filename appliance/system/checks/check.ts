import type { Sentence } from "../../base/index.ts";

export type CheckState = "ok" | "warning" | "error";

/** What a check found. `message` says what is, `remedy` what to do; neither ever holds an identity. */
export interface Finding {
  readonly state: CheckState;
  readonly message: Sentence;
  readonly remedy?: Sentence;
}

/** One thing that must be true for the box to do its work. */
export interface Check {
  readonly id: string;
  run(): Promise<Finding>;
}

/** A finding that all is well. */
export function ok(fr: string, en: string): Finding {
  return { state: "ok", message: { fr, en } };
}
