import { type CodedError, said } from "../base/index.ts";
import type { Dmp } from "../dmp/index.ts";
import { buildManifest, type Manifest } from "../kos/index.ts";
import type { PacsGroup } from "../pacs/index.ts";
import type { Exam, NewSubmission, Store, StoredSubmission, WaitingMessage } from "../store/index.ts";
import { sourceErrors } from "./errors.ts";
import type { Environment } from "./intake/identity.ts";
import { judge } from "./intake/judge.ts";
import type { ReportReader } from "./intake/reader.ts";
import { manifestInput, ordersOf, type SiteFacts } from "./manifest.ts";
import { mismatch } from "./match.ts";
import { fromStored, submissionInput, toStored } from "./submission.ts";

export interface PrepareOptions {
  readonly reader: Pick<ReportReader, "read">;
  readonly store: Pick<Store, "messagesOfExam" | "latestSubmission">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly dmp: Pick<Dmp, "prepare" | "find">;
  readonly site: SiteFacts;
  readonly environment: Environment;
  readonly now: () => Date;
}

/** What looking for an exam's study came to. */
export type Prepared =
  | { readonly event: "absent" | "not-for-dmp" }
  | { readonly event: "doubted"; readonly fault: CodedError }
  | { readonly event: "registered"; readonly entryUUID: string; readonly fault?: CodedError }
  | {
      readonly event: "prepared";
      readonly submission: NewSubmission;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/**
 * `searching`: judges the reports, finds the study, matches it with them, builds the manifest and the submission that
 * carries it. Nothing leaves the box here but questions; the result is stored whole by the caller. Rejects with a coded
 * error when the PACS, the DMP or a rule fails: an unanswered question is never an absence.
 */
export async function prepareExam(exam: Exam, options: PrepareOptions, signal: AbortSignal): Promise<Prepared> {
  const messages = await options.store.messagesOfExam({ examId: exam.id });
  const earlier = await options.store.latestSubmission({ examId: exam.id });
  const registered = earlier && (await alreadyRegistered(earlier, messages, options, signal));
  if (registered !== undefined) return registered;

  const reports = await Promise.all(messages.map((message) => options.reader.read(message)));
  const judgement = judge(reports, exam.studyInstanceUID, options.environment);
  if (judgement.kind === "not-for-dmp") return { event: "not-for-dmp" };
  if (judgement.kind === "doubtful") return { event: "doubted", fault: judgement.faults[0] as CodedError };

  const study = await options.pacs.findStudy(exam.studyInstanceUID, { signal });
  if (study === undefined) return { event: "absent" };
  const fault = mismatch(judgement, study);
  if (fault !== undefined) return { event: "doubted", fault };

  const build = (createdAt: Date) => {
    const input = manifestInput({ study, judgement, structure: exam.structure, site: options.site, createdAt });
    return buildManifest(input).then((manifest) => ({ input, manifest }));
  };
  const { input, manifest } = (earlier && (await sameAgain(earlier, build))) ?? (await build(options.now()));
  const orders = ordersOf(study, judgement.reports);
  const submission = await options.dmp.prepare(submissionInput(input, judgement, orders, manifest));
  return {
    event: "prepared",
    submission: toStored(submission, manifest, input.createdAt),
    facts: said({
      pacs: study.pacs,
      series: study.series.length,
      instances: manifest.instanceCount,
      modalities: manifest.modalities,
      manifest: manifest.sopInstanceUID,
      remarks: submission.remarks.length > 0 ? submission.remarks.map(({ code }) => code) : undefined,
    }),
  };
}

/**
 * An earlier submission of this exam may have been accepted without our knowing: its answer was lost, a later attempt
 * was refused, a person retried, another report came. Before another is made, the registry is asked.
 */
async function alreadyRegistered(
  earlier: StoredSubmission,
  messages: readonly WaitingMessage[],
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<Extract<Prepared, { event: "registered" }> | undefined> {
  const submission = fromStored(earlier);
  const entry = await options.dmp.find(submission.documentUniqueId, submission, { signal });
  if (entry === undefined) return undefined;
  const overtaken = messages.some(({ receivedAt }) => receivedAt > earlier.createdAt);
  return said({
    event: "registered",
    entryUUID: entry.entryUUID,
    fault: overtaken ? sourceErrors.fault("SOURCE_REPORT_AFTER_MANIFEST") : undefined,
  });
}

/**
 * The manifest of an earlier submission again, when nothing has changed since: under the same identifier the registry
 * takes it once, even if it is still busy with an attempt that we gave up.
 */
async function sameAgain<Built extends { readonly manifest: Manifest }>(
  earlier: StoredSubmission,
  build: (createdAt: Date) => Promise<Built>,
): Promise<Built | undefined> {
  const again = await build(earlier.manifestAt);
  return again.manifest.sopInstanceUID === earlier.sopInstanceUID ? again : undefined;
}
