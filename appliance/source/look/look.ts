import { type CodedError, said } from "../../base/index.ts";
import { isApproved, isInForce } from "../../dmp/index.ts";
import { readManifest } from "../../kos/index.ts";
import { countOf, type FoundStudy, isPartial } from "../../pacs/index.ts";
import type { Exam, StoredSubmission } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { meaningOf } from "../exam/absence.ts";
import type { Happening } from "../exam/advance.ts";
import { historyOf } from "../intake/history.ts";
import { type Certain, type Judgement, judge } from "../intake/judge.ts";
import { contentOf, listsNone, namesEveryImage, withoutRejected } from "./content.ts";
import { difference } from "./difference.ts";
import type { ClearReports } from "./manifest.ts";
import { mismatch } from "./match.ts";
import type { LookOptions, Subject } from "./subject.ts";
import { fromStored, sentOf } from "./submission.ts";
import { isOfImages, withdrawal } from "./withdrawal.ts";

/**
 * `searching` and `checking`: compares what the record should hold of an exam, by what was received and by the PACS, with
 * what it holds, and prepares the submission that makes up the difference. Nothing leaves the box here but questions; the
 * result is stored whole by the caller. Rejects with a coded error when the PACS, the DMP or a rule fails: an unanswered
 * question is never an absence.
 */
export async function look(exam: Exam, options: LookOptions, signal: AbortSignal): Promise<Happening> {
  const latest = await options.store.latestSubmission({ examId: exam.id });
  const current = exam.record === "absent" ? undefined : await options.store.currentSubmission({ examId: exam.id });
  const known = latest && (await outcomeOf(latest, { exam, current }, options, signal));
  if (known !== undefined) return known;
  const history = await historyOf({ studyInstanceUID: exam.studyInstanceUID, exam }, options);
  const found = await conclude({ exam, history, latest, current }, options, signal);
  // The registry may still be busy with the last attempt: until that is over, only the very same may be sent.
  if (latest !== undefined && mayStillCome(latest, options) && concludes(found, latest)) {
    throw sourceErrors.fault("SOURCE_ANSWER_AWAITED");
  }
  return found;
}

/**
 * The latest submission was sent and not answered, or was refused after attempts that were not: before anything else is
 * made of the exam, the registry is asked what became of it. Undefined when it has had no effect that is known.
 */
async function outcomeOf(
  stored: StoredSubmission,
  { exam, current }: Pick<Subject, "exam" | "current">,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening | undefined> {
  const { dmp } = options;
  if (stored.state === "accepted" || stored.attemptedAt === undefined) return undefined;
  const submission = fromStored(stored);
  const entry = await dmp.find(submission.documentUniqueId, submission, { signal });
  if (stored.kind === "withdraw") {
    if (entry !== undefined && isInForce(entry)) return undefined;
    return { event: "unregistered", settle: { state: "accepted" }, sent: sentOf(stored) };
  }
  if (entry === undefined) {
    // As long as something may come of it, and again once that is known.
    if (exam.record !== "unsure" || mayStillCome(stored, options)) return undefined;
    if (current === undefined) return { event: "unregistered" };
    const former = fromStored(current);
    const held = await dmp.find(former.documentUniqueId, former, { signal });
    return held !== undefined && isApproved(held) ? { event: "registered" } : undefined;
  }
  const settle = { state: "accepted", entryUUID: entry.entryUUID } as const;
  if (isApproved(entry)) return { event: "registered", settle, sent: sentOf(stored) };
  // It was taken, and somebody has taken it out again.
  return { event: "doubted", fault: sourceErrors.fault("SOURCE_REMOVED_FROM_RECORD"), settle };
}

function mayStillCome({ state, attemptedAt }: StoredSubmission, { answerGraceMs, now }: LookOptions): boolean {
  if (state === "accepted" || attemptedAt === undefined) return false;
  // A clock that was set back says nothing of the attempt, and must not hold it up.
  return Math.abs(now().getTime() - attemptedAt.getTime()) < answerGraceMs;
}

/** True when a happening takes it for granted that a submission had no effect. */
function concludes({ event, submission }: Happening, latest: StoredSubmission): boolean {
  if (event === "prepared")
    return submission?.sopInstanceUID !== latest.sopInstanceUID || submission.kind !== latest.kind;
  // Nobody looks again at an exam that waits for a person: what the record holds of it must be known by then.
  return event === "ended" || event === "unchanged" || event === "gone" || event === "doubted";
}

async function conclude(subject: Subject, options: LookOptions, signal: AbortSignal): Promise<Happening> {
  const { exam, history } = subject;
  const judgement = judge(history, exam.studyInstanceUID, options);
  if (judgement.kind === "nothing") return end(subject, judgement.fault, options, signal);
  if (judgement.kind !== "clear") {
    const [fault] = judgement.faults as [CodedError, ...CodedError[]];
    return doubt(subject, fault, judgement, options, signal);
  }
  const among = judgement.candidates.map(({ pacs }) => pacs);
  const study = await options.pacs.findStudy(exam.studyInstanceUID, { signal, among });
  if (study === undefined) return settled(subject, await absence(subject, among, options, signal), undefined);
  const fault = mismatch(judgement.candidates, study) ?? noteOfAnother(subject, judgement);
  if (fault !== undefined) return doubt(subject, fault, judgement, options, signal);
  return settled(subject, await present(subject, judgement, study, options, signal), study);
}

/** What is doubted stays as it is until a person has decided; what must go whoever is right goes all the same. */
function doubt(
  subject: Subject,
  fault: CodedError,
  judgement: Exclude<Judgement, { readonly kind: "nothing" }>,
  options: LookOptions,
  signal: AbortSignal,
): Happening | Promise<Happening> {
  const { current, history } = subject;
  if (current === undefined) return { event: "doubted", fault };
  const [restriction] = judgement.kind === "restricted" ? judgement.faults : judgement.certain.restrictions;
  const left = judgement.kind === "restricted" ? undefined : judgement.certain.left;
  const why =
    restriction ??
    (isLeftBehind(current, left) ? sourceErrors.fault("SOURCE_REPORT_DELETED") : undefined) ??
    (namesEveryImage(notesOf(current, history), current) ? sourceErrors.fault("SOURCE_IMAGES_REJECTED") : undefined);
  return why === undefined ? { event: "doubted", fault } : withdrawal(subject, why, options, signal);
}

/** The notes on the patient of the manifest; one that names none is on whoever has the study. */
function notesOf({ manifest }: StoredSubmission, { notes }: Subject["history"]): Subject["history"]["notes"] {
  const { patientID: national, otherPatientIDs } = readManifest(manifest);
  const known = ["", national, ...otherPatientIDs.map(({ value }) => value)];
  return notes.filter(({ patientID }) => known.includes(patientID));
}

/** True when the manifest stands in the record of a patient whose reports are deleted: those that are left name others. */
function isLeftBehind(current: StoredSubmission, left: Certain["left"]): boolean {
  const [patient] = fromStored(current).vihf.patientId.split("^");
  return (
    left?.every(({ header }) => header.patient.ins !== undefined && header.patient.ins.matricule !== patient) ?? false
  );
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

/** The PACS has answered that it has no such study. */
function absence(
  { exam, history, latest, current, ...rest }: Subject,
  among: readonly string[],
  options: LookOptions,
  signal: AbortSignal,
): Happening | Promise<Happening> {
  const meaning = meaningOf({
    cause: exam.cause,
    held: current !== undefined,
    explained: current !== undefined && namesEveryImage(history.notes, current),
    askedHolder: current === undefined || current.pacs === "" || among.includes(current.pacs),
    knownGone: isOfImages(latest) && history.notes.at(-1)?.reason !== "restored",
  });
  if (meaning === "wait") return { event: "absent" };
  if (meaning === "tell") return { event: "gone", fault: sourceErrors.fault("SOURCE_STUDY_GONE") };
  const subject = { exam, history, latest, current, ...rest };
  return end(subject, sourceErrors.fault("SOURCE_IMAGES_GONE"), options, signal);
}

/** The PACS has images of the study, and they are those of the reports. */
async function present(
  subject: Subject,
  judgement: ClearReports,
  study: FoundStudy,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening> {
  const { history, latest, current } = subject;
  const held = current && contentOf(current);
  const shown = withoutRejected(study, history.notes);
  // What is listed is not all there is: nothing is concluded from what is missing.
  if (isPartial(study) && countOf(shown) < (held?.instances.size ?? 1)) throw incomplete(study);
  if (countOf(shown) > 0) return difference(subject, judgement, shown, options, signal);
  // Every image was rejected: others may come in their place.
  if (current === undefined && !isOfImages(latest)) return { event: "absent" };
  return end(subject, sourceErrors.fault("SOURCE_IMAGES_REJECTED"), options, signal);
}

/**
 * A note on the published study that names another patient than it is filed under. One that came before any report of this
 * patient speaks of the time when the study was another's.
 */
function noteOfAnother({ history, current }: Subject, { candidates, reports }: ClearReports): CodedError | undefined {
  if (current === undefined) return undefined;
  const standing = history.reports.filter((one) => reports.some(({ documentId }) => documentId === one.documentId));
  const since = Math.min(...standing.map(({ firstId }) => firstId));
  const stranger = history.notes.find(
    ({ patientID, messageId }) =>
      messageId > since && patientID !== "" && !candidates.some(({ ipp }) => ipp.value === patientID),
  );
  if (stranger === undefined) return undefined;
  const values = { note: stranger.patientID, report: candidates.map(({ ipp }) => ipp.value).join(" ") };
  return sourceErrors.fault("SOURCE_NOTE_DISAGREES", { values });
}

/**
 * The notes that are carried out: the PACS lists nothing of what they reject, so that from now on what it lists is the truth
 * again, also when it takes the same images back.
 */
function settled({ history }: Subject, happening: Happening, study: FoundStudy | undefined): Happening {
  // Whatever is still to be sent may be overtaken: the notes count until it is done.
  if (!isAtRest.has(happening.event) || (study !== undefined && isPartial(study))) return happening;
  const settledNotes = history.notes
    // A restoration waits until the PACS lists the study again.
    .filter((note) => listsNone(study, note) && (study !== undefined || note.reason !== "restored"))
    .map(({ messageId }) => messageId);
  return said({ ...happening, settledNotes: settledNotes.length > 0 ? settledNotes : undefined });
}

const isAtRest: ReadonlySet<Happening["event"]> = new Set(["unchanged", "ended", "absent"]);

function incomplete(study: FoundStudy): CodedError {
  const { expectedInstances, unanswered = [] } = study;
  const details = {
    listed: countOf(study),
    announced: expectedInstances ?? "?",
    unanswered: unanswered.join(", ") || "-",
  };
  return sourceErrors.fault("SOURCE_STUDY_INCOMPLETE", { details });
}
