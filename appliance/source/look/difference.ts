import { said } from "../../base/index.ts";
import { type Dmp, isApproved, type Submission } from "../../dmp/index.ts";
import { buildManifest, type Manifest, type ManifestInput } from "../../kos/index.ts";
import type { FoundStudy } from "../../pacs/index.ts";
import type { Cause, StoredSubmission } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Happening } from "../exam/advance.ts";
import type { History } from "../intake/history.ts";
import { latestOf, structureOf } from "../intake/report.ts";
import { basisOf, contentOf, isSameContent } from "./content.ts";
import { type ClearReports, manifestInput, ordersOf } from "./manifest.ts";
import { predecessorOf, successorOf } from "./predecessor.ts";
import type { LookOptions, Subject } from "./subject.ts";
import { fromStored, submissionInput, toStored } from "./submission.ts";
import { withdrawal } from "./withdrawal.ts";

/** Looks for which the record is asked although nothing seems to have changed: somebody waits for the truth of it. */
const asksTheRecord: ReadonlySet<Cause> = new Set(["report", "person", "resync"]);

/**
 * The images are there, and so is the right to publish them: what makes the record hold them as they are. Nothing, when the
 * reports that the manifest was made from, its images and its address are those of today; that is decided on what was
 * received and listed, never on bytes that another version of the software would write otherwise.
 */
export async function difference(
  subject: Subject,
  judgement: ClearReports,
  study: FoundStudy,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening> {
  const { exam, current } = subject;
  const basis = basisOf(judgement.reports);
  if (current === undefined) {
    const made = await wanted(subject, judgement, study, basis, options);
    const submission = await options.dmp.prepare(made.facts);
    const replaces = await predecessorOf(subject, judgement, submission, options, signal);
    return prepared(made, replaces === undefined ? submission : await options.dmp.prepare({ ...made.facts, replaces }));
  }

  const held = fromStored(current);
  const same =
    isSameBasis(current, basis, exam.cause) && isSameContent(contentOf(current), study, options.site.publicAddress);
  if (same && !asksTheRecord.has(exam.cause)) return { event: "unchanged" };
  const entry = await options.dmp.find(held.documentUniqueId, held, { signal });
  const stands = entry !== undefined && isApproved(entry);
  const replaces = stands
    ? { entryUUID: entry.entryUUID, uniqueId: held.documentUniqueId }
    : await successorOf(exam, held, options, signal);
  if (replaces === undefined) return { event: "doubted", fault: sourceErrors.fault("SOURCE_REMOVED_FROM_RECORD") };
  if (same && stands) return { event: "unchanged" };
  const made = await wanted(subject, judgement, study, basis, options);
  const submission = await options.dmp.prepare({ ...made.facts, replaces });
  if (!isOfSameRecord(held, submission)) {
    // It stands in another patient's record, or under another author: it must go from there first.
    return withdrawal(subject, sourceErrors.fault("SOURCE_MOVED"), options, signal);
  }
  return prepared(made, submission);
}

/** Manifests of the first version do not say what they were made from. */
function isSameBasis(current: StoredSubmission, basis: string, cause: Cause): boolean {
  return current.basis === "" ? cause !== "report" : current.basis === basis;
}

function isOfSameRecord(one: Submission, other: Submission): boolean {
  return one.vihf.patientId === other.vihf.patientId && one.structureId === other.structureId;
}

/** The manifest that the record should hold, and what the record is told of it. */
interface Wanted {
  readonly study: FoundStudy;
  readonly input: ManifestInput;
  readonly manifest: Manifest;
  readonly facts: ReturnType<typeof submissionInput>;
  readonly basis: string;
}

async function wanted(
  { exam, history, latest }: Subject,
  judgement: ClearReports,
  study: FoundStudy,
  basis: string,
  { site, now }: LookOptions,
): Promise<Wanted> {
  const structure = structureOf(latestOf(judgement.reports).header) ?? exam.structure;
  const build = async (createdAt: Date, version: number) => {
    const input = manifestInput({ study, judgement, structure, site, createdAt, version });
    return { input, manifest: await buildManifest(input) };
  };
  const again = latest && isUnaccepted(latest, basis) ? await build(latest.manifestAt, latest.version) : undefined;
  const { input, manifest } =
    again?.manifest.sopInstanceUID === latest?.sopInstanceUID && again !== undefined
      ? again
      : await build(now(), versionAfter(latest));
  const orders = ordersOf(study, judgement.reports);
  const actor = exam.cause === "report" ? deletionActor(history, structure) : undefined;
  return { study, input, manifest, facts: submissionInput(input, judgement, orders, manifest, actor), basis };
}

/**
 * A submission that was not accepted is made again as it was, when nothing has changed since: under the same identifier the
 * registry takes it once, even if it is still busy with an attempt that we gave up.
 */
function isUnaccepted({ state, kind, basis: made }: StoredSubmission, basis: string): boolean {
  return state !== "accepted" && kind !== "withdraw" && made === basis;
}

/** Versions grow as submissions are accepted; one that was not is made again under its own. */
function versionAfter(latest: StoredSubmission | undefined): number {
  if (latest === undefined) return 1;
  return latest.state === "accepted" || latest.kind === "withdraw" ? latest.version + 1 : latest.version;
}

/**
 * Who acts when it is not the author of the report that stands: the one whose deletion of another report led here (F-8801:
 * the structure and the user of the new message).
 */
function deletionActor({ reports }: History, structure: string) {
  const last = reports.at(-1);
  if (last?.kind !== "deletion" || last.header === undefined || structureOf(last.header) !== structure)
    return undefined;
  return said({ header: last.header, sender: last.message.sender });
}

function prepared(made: Wanted, submission: Awaited<ReturnType<Dmp["prepare"]>>): Happening {
  const { study, input, manifest, basis } = made;
  const remarks = submission.remarks.map(({ code }) => code);
  const kept = { manifestAt: input.createdAt, version: input.version, basis, pacs: study.pacs };
  return {
    event: "prepared",
    submission: toStored(submission, manifest, kept),
    facts: said({
      pacs: study.pacs,
      series: study.series.length,
      instances: manifest.instanceCount,
      modalities: manifest.modalities,
      manifest: manifest.sopInstanceUID,
      replaces: submission.target?.uniqueId,
      remarks: remarks.length > 0 ? remarks : undefined,
    }),
  };
}
