import { CodedError, said } from "../base/index.ts";
import type { Dmp } from "../dmp/index.ts";
import type { Exam, Store } from "../store/index.ts";
import { sourceErrors } from "./errors.ts";
import type { Happening } from "./exam/advance.ts";
import { fromStored, sentOf } from "./look/submission.ts";
import { waits } from "./work/scope.ts";

export interface PublishOptions {
  readonly store: Pick<Store, "latestSubmission" | "markAttempt">;
  readonly now: () => Date;
  readonly dmp: Pick<Dmp, "publish">;
}

/**
 * `publishing`: sends the exam's submission as it was stored, so that a second attempt is the same submission. Rejects
 * with a coded error when there is no definite answer.
 */
export async function publishExam(exam: Exam, options: PublishOptions, signal: AbortSignal): Promise<Happening> {
  const stored = await options.store.latestSubmission({ examId: exam.id });
  if (stored === undefined) throw sourceErrors.fault("SOURCE_INTERNAL", { where: "submission" });
  const submission = fromStored(stored);
  const { kind } = stored;
  // It waited for its turn: what came meanwhile may have stopped it.
  await options.store.markAttempt({
    submissionId: stored.id,
    examId: exam.id,
    revision: exam.revision,
    at: options.now(),
  });
  const sent = sentOf(stored);
  try {
    const { verified, warnings, entryUUID } = await options.dmp.publish(submission, { signal });
    return {
      event: kind === "withdraw" ? "withdrawn" : "published",
      facts: said({
        manifest: stored.sopInstanceUID,
        verified: verified || undefined,
        warnings: warnings.length > 0 ? warnings : undefined,
      }),
      settle: said({ state: "accepted", entryUUID }),
      sent,
    };
  } catch (error) {
    if (!(error instanceof CodedError) || waits(error)) throw error;
    return { event: "refused", fault: error, settle: { state: "refused" }, sent };
  }
}
