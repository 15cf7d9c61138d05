import { type CodedError, said } from "../base/index.ts";
import { type Dmp, isApproved, isInForce } from "../dmp/index.ts";
import { buildManifest } from "../kos/index.ts";
import { countOf, type FoundStudy, isPartial, type PacsGroup } from "../pacs/index.ts";
import type { Exam, Store, StoredSubmission } from "../store/index.ts";
import type { Happening } from "./advance.ts";
import { basisOf, contentOf, isSameContent, namesNothingElse, withoutRejected } from "./content.ts";
import { sourceErrors } from "./errors.ts";
import { absences } from "./exam/absence.ts";
import { type History, type HistoryOptions, historyOf } from "./history.ts";
import { type JudgeOptions, judge } from "./intake/judge.ts";
import { latestOf, structureOf } from "./intake/report.ts";
import { type ClearReports, manifestInput, ordersOf, type SiteFacts } from "./manifest.ts";
import { mismatch } from "./match.ts";
import { fromStored, submissionInput, toStored } from "./submission.ts";
import { withdrawal } from "./withdrawal.ts";

export interface LookOptions extends HistoryOptions, JudgeOptions {
  readonly store: HistoryOptions["store"] & Pick<Store, "latestSubmission" | "currentSubmission">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly dmp: Pick<Dmp, "prepare" | "prepareWithdrawal" | "find">;
  readonly site: SiteFacts;
  readonly now: () => Date;
}

/** What a look at one exam has to go by. */
export interface Subject {
  readonly exam: Exam;
  readonly history: History;
  /** The latest submission, whatever became of it. */
  readonly latest: StoredSubmission | undefined;
  /** The submission whose manifest the record holds. */
  readonly current: StoredSubmission | undefined;
}

/**
 * `searching` and `checking`: compares what the record should hold of an exam, by what was received and by the PACS, with
 * what it holds, and prepares the submission that makes up the difference. Nothing leaves the box here but questions; the
 * result is stored whole by the caller. Rejects with a coded error when the PACS, the DMP or a rule fails: an unanswered
 * question is never an absence.
 */
export async function look(exam: Exam, options: LookOptions, signal: AbortSignal): Promise<Happening> {
  const latest = await options.store.latestSubmission({ examId: exam.id });
  const settled = latest && latest.state !== "accepted" ? await outcomeOf(latest, options, signal) : undefined;
  if (settled !== undefined) return settled;
  const current = exam.record === "absent" ? undefined : await options.store.currentSubmission({ examId: exam.id });
  const history = await historyOf({ studyInstanceUID: exam.studyInstanceUID, exam }, options);
  const subject: Subject = { exam, history, latest, current };

  const judgement = judge(history, exam.studyInstanceUID, options);
  if (judgement.kind === "doubtful") return { event: "doubted", fault: judgement.faults[0] as CodedError };
  if (judgement.kind === "nothing") return end(subject, judgement.fault, options, signal);

  const among = judgement.candidates.map(({ pacs }) => pacs);
  const study = await options.pacs.findStudy(exam.studyInstanceUID, { signal, among });
  if (study === undefined) return absence(subject, options, signal);
  const fault = mismatch(judgement.candidates, study);
  if (fault !== undefined) return { event: "doubted", fault };
  const shown = withoutRejected(study, history.notes);
  const held = current && contentOf(current);
  // What is listed is not all there is: nothing is concluded from what is missing.
  if (isPartial(study) && countOf(shown) < (held?.instances.size ?? 1)) throw incomplete(study);
  if (countOf(shown) === 0) return rejected(subject, options, signal);
  return compare(subject, judgement, shown, options, signal);
}

/**
 * The latest submission was not answered, or was refused after attempts that were not: before anything else is made of the
 * exam, the registry is asked what became of it. Undefined when it has had no effect.
 */
async function outcomeOf(
  stored: StoredSubmission,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening | undefined> {
  const submission = fromStored(stored);
  const entry = await options.dmp.find(submission.documentUniqueId, submission, { signal });
  if (stored.kind === "withdraw") {
    if (entry !== undefined && isInForce(entry)) return undefined;
    return { event: "unregistered", settle: { state: "accepted" } };
  }
  if (entry === undefined) return undefined;
  const settle = { state: "accepted", entryUUID: entry.entryUUID } as const;
  if (isApproved(entry)) return { event: "registered", settle };
  // It was taken, and somebody has taken it out again.
  return { event: "doubted", fault: sourceErrors.fault("SOURCE_REMOVED_FROM_RECORD"), settle };
}

/** Nothing of the exam should be in the record. */
function end(
  subject: Subject,
  fault: CodedError,
  options: LookOptions,
  signal: AbortSignal,
): Happening | Promise<Happening> {
  return subject.current === undefined ? { event: "ended", fault } : withdrawal(subject, fault, options, signal);
}

function incomplete(study: FoundStudy): CodedError {
  const { expectedInstances, unanswered = [] } = study;
  const details = {
    listed: countOf(study),
    announced: expectedInstances ?? "?",
    unanswered: unanswered.join(", ") || "-",
  };
  return sourceErrors.fault("SOURCE_STUDY_INCOMPLETE", { details });
}

/** The PACS has answered that it has no such study. */
function absence(subject: Subject, options: LookOptions, signal: AbortSignal): Happening | Promise<Happening> {
  const { exam, history, current } = subject;
  const meaning = absences[exam.cause][current === undefined ? "absent" : "present"];
  // A note on some images does not explain that all are gone.
  const explained = exam.cause !== "note" || current === undefined || namesNothingElse(history.notes, current);
  if (meaning === "wait") return { event: "absent" };
  if (meaning === "tell" || !explained) return { event: "gone", fault: sourceErrors.fault("SOURCE_STUDY_GONE") };
  return end(subject, sourceErrors.fault("SOURCE_IMAGES_GONE"), options, signal);
}

/** Every image that the PACS lists was rejected: another may come in their place. */
function rejected(subject: Subject, options: LookOptions, signal: AbortSignal): Happening | Promise<Happening> {
  if (subject.current === undefined && subject.exam.cause === "report") return { event: "absent" };
  return end(subject, sourceErrors.fault("SOURCE_IMAGES_REJECTED"), options, signal);
}

/** The images are there, and so is the right to publish them: does the record hold them as they are? */
async function compare(
  subject: Subject,
  judgement: ClearReports,
  study: FoundStudy,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening> {
  const { exam, latest, current } = subject;
  const { site, dmp, now } = options;
  const basis = basisOf(judgement.reports);
  const held = current && contentOf(current);
  // Manifests of the first version do not say what they were made from.
  const sameReports = current?.basis === "" ? exam.cause !== "report" : current?.basis === basis;
  if (held !== undefined && sameReports && isSameContent(held, study, site.publicAddress))
    return { event: "unchanged" };

  const structure = structureOf(latestOf(judgement.reports).header) ?? exam.structure;
  const build = async (createdAt: Date, version: number) => {
    const input = manifestInput({ study, judgement, structure, site, createdAt, version });
    return { input, manifest: await buildManifest(input) };
  };
  const made = (latest && (await sameAgain(latest, build))) ?? (await build(now(), versionAfter(latest)));
  const orders = ordersOf(study, judgement.reports);
  const { input, manifest } = made;
  const facts = submissionInput(input, judgement, orders, manifest, actorOf(subject, structure));
  if (current === undefined) return prepared(await dmp.prepare(facts));

  const earlier = fromStored(current);
  const first = await dmp.prepare(facts);
  if (earlier.vihf.patientId !== first.vihf.patientId || earlier.structureId !== first.structureId) {
    // It stands in another patient's record, or under another author: it must go from there first.
    return withdrawal(subject, sourceErrors.fault("SOURCE_MOVED"), options, signal);
  }
  const entry = await dmp.find(earlier.documentUniqueId, earlier, { signal });
  if (entry === undefined || !isApproved(entry)) {
    return { event: "doubted", fault: sourceErrors.fault("SOURCE_REMOVED_FROM_RECORD") };
  }
  const replaces = { entryUUID: entry.entryUUID, uniqueId: earlier.documentUniqueId };
  return prepared(await dmp.prepare({ ...facts, replaces }));

  function prepared(submission: Awaited<ReturnType<Dmp["prepare"]>>): Happening {
    const remarks = submission.remarks.map(({ code }) => code);
    return {
      event: "prepared",
      submission: toStored(submission, manifest, { manifestAt: input.createdAt, version: input.version, basis }),
      facts: said({
        pacs: study.pacs,
        series: study.series.length,
        instances: manifest.instanceCount,
        modalities: manifest.modalities,
        manifest: manifest.sopInstanceUID,
        replaces: current?.sopInstanceUID,
        remarks: remarks.length > 0 ? remarks : undefined,
      }),
    };
  }
}

/** Versions grow as submissions are accepted; one that was not is made again under its own. */
function versionAfter(latest: StoredSubmission | undefined): number {
  if (latest === undefined) return 1;
  return latest.state === "accepted" ? latest.version + 1 : latest.version;
}

/**
 * The manifest of a submission that was not accepted again, when nothing has changed since: under the same identifier the
 * registry takes it once, even if it is still busy with an attempt that we gave up.
 */
async function sameAgain<Built extends { readonly manifest: { readonly sopInstanceUID: string } }>(
  latest: StoredSubmission,
  build: (createdAt: Date, version: number) => Promise<Built>,
): Promise<Built | undefined> {
  if (latest.state === "accepted" || latest.kind === "withdraw") return undefined;
  const again = await build(latest.manifestAt, latest.version);
  return again.manifest.sopInstanceUID === latest.sopInstanceUID ? again : undefined;
}

/**
 * Who acts when it is not the author of the report that stands: the one whose deletion of another report led here (F-8801:
 * the structure and the user of the new message).
 */
function actorOf({ exam, history }: Subject, structure: string): ReturnType<typeof deletionActor> {
  return exam.cause === "report" ? deletionActor(history, structure) : undefined;
}

function deletionActor({ reports }: History, structure: string) {
  const last = reports.at(-1);
  if (last?.kind !== "deletion" || last.header === undefined || structureOf(last.header) !== structure)
    return undefined;
  return said({ header: last.header, sender: last.message.sender });
}
