import { said } from "../base/index.ts";
import type { Dmp } from "../dmp/index.ts";
import type { Exam, Store } from "../store/index.ts";
import type { Happening } from "./advance.ts";
import { sourceErrors } from "./errors.ts";
import { fromStored } from "./submission.ts";

export interface PublishOptions {
  readonly store: Pick<Store, "latestSubmission">;
  readonly dmp: Pick<Dmp, "publish">;
}

/**
 * `publishing`: sends the exam's submission as it was stored, so that a second attempt is the same submission. Rejects
 * with a coded error when there is no definite answer, or when the answer is no.
 */
export async function publishExam(exam: Exam, options: PublishOptions, signal: AbortSignal): Promise<Happening> {
  const stored = await options.store.latestSubmission({ examId: exam.id });
  if (stored === undefined) throw sourceErrors.fault("SOURCE_INTERNAL", { where: "submission" });
  const published = await options.dmp.publish(fromStored(stored), { signal });
  return {
    event: stored.kind === "withdraw" ? "withdrawn" : "published",
    facts: said({
      manifest: stored.sopInstanceUID,
      verified: published.verified || undefined,
      warnings: published.warnings.length > 0 ? published.warnings : undefined,
    }),
    settle: said({ state: "accepted", entryUUID: published.entryUUID }),
  };
}
