import { type CodedError, said } from "../../base/index.ts";
import type { ReportHeader } from "../../cda/index.ts";
import { newUID } from "../../dicom/index.ts";
import { isApproved, isInForce, type Submission } from "../../dmp/index.ts";
import type { StoredSubmission } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Happening } from "../exam/advance.ts";
import { type History, reportsOf } from "../intake/history.ts";
import { structureOf } from "../intake/report.ts";
import { successorOf } from "./predecessor.ts";
import type { LookOptions, Subject } from "./subject.ts";
import { fromStored, toStoredWithdrawal } from "./submission.ts";

/**
 * Prepares the deletion of the manifest that the record holds (TD3.3c), for the reason given; the registry is asked first
 * under which entry it stands. Only its author may delete it: it is done in the name of the report that it was made from,
 * or of the message that ends that report (F-8801).
 */
export async function withdrawal(
  { exam, current }: Subject,
  why: CodedError,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Happening> {
  const { dmp, now } = options;
  if (current === undefined) throw new TypeError("nothing to withdraw");
  const held = fromStored(current);
  const entry = await dmp.find(held.documentUniqueId, held, { signal });
  const stands = entry !== undefined && isApproved(entry);
  const target = stands
    ? { entryUUID: entry.entryUUID, uniqueId: held.documentUniqueId }
    : await successorOf(exam, held, options, signal);
  if (target === undefined) {
    if (entry === undefined || !isInForce(entry)) return { event: "unregistered", facts: { why: why.code } };
    return { event: "doubted", fault: sourceErrors.fault("SOURCE_REMOVED_FROM_RECORD") };
  }
  const reports = await reportsOf(exam, options);
  const report = reportOf(reports, held);
  const ins = report?.header.patient.ins;
  if (report === undefined || ins === undefined) {
    return { event: "doubted", fault: sourceErrors.fault("SOURCE_WITHDRAWAL_WITHOUT_REPORT") };
  }
  const withdrawn = await dmp.prepareWithdrawal(
    said({
      entryUUID: target.entryUUID,
      documentUniqueId: target.uniqueId,
      header: report.header,
      sender: report.message.sender,
      actor: endOf(reports, report),
      visitClass: report.message.visit.patientClass,
      patient: { ins },
      ids: { submissionSet: newUID() },
      submittedAt: now(),
    }),
  );
  return {
    event: "prepared",
    submission: toStoredWithdrawal(withdrawn, current, why.code),
    facts: { withdraws: target.uniqueId, why: why.code },
  };
}

/** True when a submission took a manifest back because its images were gone or rejected. */
export function isOfImages(submission: StoredSubmission | undefined): boolean {
  return submission?.kind === "withdraw" && reasonsOfImages.has(submission.basis);
}

const reasonsOfImages: ReadonlySet<string> = new Set(["SOURCE_IMAGES_GONE", "SOURCE_IMAGES_REJECTED"]);

type Sent = History["reports"][number];

/**
 * The last report on the patient in whose record the manifest stands, of its author, whether it still counts or not (one that
 * was set aside is why it must go); where none is left, since the exam was imported, a deletion that carries its document
 * speaks for it.
 */
function reportOf(
  reports: History["reports"],
  { vihf, structureId }: Submission,
): (Sent & { readonly header: ReportHeader }) | undefined {
  const ofPatient = reports.filter(
    (one): one is Sent & { readonly header: ReportHeader } =>
      one.header?.patient.ins !== undefined && vihf.patientId.startsWith(`${one.header.patient.ins.matricule}^`),
  );
  const ofAuthor = ofPatient.filter(({ header }) => structureOf(header) === structureId);
  // A legal entity publishes for the structures that it covers.
  const fitting = ofAuthor.length > 0 ? ofAuthor : ofPatient;
  return fitting.findLast(({ kind }) => kind === "report") ?? fitting.at(-1);
}

/** The message that ended the report, when it can speak for the same structure. */
function endOf(reports: History["reports"], { documentId, header }: Sent & { readonly header: ReportHeader }) {
  const by = reports.findLast((one) => one.documentId !== documentId && one.ends.includes(documentId));
  const deletion = reports.findLast((one) => one.kind === "deletion" && one.ends.includes(documentId));
  const end = deletion ?? by;
  if (end?.header === undefined || structureOf(end.header) !== structureOf(header)) return undefined;
  return said({ header: end.header, sender: end.message.sender });
}
