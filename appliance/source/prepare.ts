import type { CodedError } from "../base/index.ts";
import { newUID } from "../dicom/index.ts";
import type { Dmp } from "../dmp/index.ts";
import { buildManifest } from "../kos/index.ts";
import type { PacsGroup } from "../pacs/index.ts";
import type { Exam, NewSubmission, Store } from "../store/index.ts";
import { type ReadingOptions, type ReceivedReport, readReceived } from "./intake/report.ts";
import { manifestInput, type SiteFacts } from "./manifest.ts";
import { mismatch } from "./match.ts";
import { fromStored, toStored } from "./submission.ts";

export interface PrepareOptions extends ReadingOptions {
  readonly store: Pick<Store, "messagesOfExam" | "latestSubmission">;
  readonly pacs: Pick<PacsGroup, "findStudy">;
  readonly dmp: Pick<Dmp, "prepare" | "find">;
  readonly site: SiteFacts;
  readonly now: () => Date;
}

/** What looking for an exam's study came to. */
export type Prepared =
  | { readonly event: "absent" }
  | { readonly event: "mismatch"; readonly fault: CodedError }
  | { readonly event: "registered"; readonly entryUUID: string }
  | {
      readonly event: "prepared";
      readonly submission: NewSubmission;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/**
 * `searching`: finds the study, matches it with the report, builds the manifest and the submission that carries it.
 * Nothing leaves the box here but questions; the result is stored whole by the caller. Rejects with a coded error when
 * the PACS, the DMP or a rule fails: an unanswered question is never an absence.
 */
export async function prepareExam(exam: Exam, options: PrepareOptions, signal: AbortSignal): Promise<Prepared> {
  const registered = await alreadyRegistered(exam, options, signal);
  if (registered !== undefined) return { event: "registered", entryUUID: registered };

  const study = await options.pacs.findStudy(exam.studyInstanceUID, { signal });
  if (study === undefined) return { event: "absent" };
  const fault = mismatch(exam, study);
  if (fault !== undefined) return { event: "mismatch", fault };

  const reports = await reportsOf(exam, options);
  const { header, message } = reports.at(-1) as ReceivedReport;
  const ipp = { value: exam.ipp ?? "", ...(exam.ippOid !== undefined && { oid: exam.ippOid }) };
  const createdAt = options.now();
  const input = manifestInput({
    study,
    reports,
    ipp,
    structure: exam.structure,
    site: options.site,
    createdAt,
    version: 1,
  });
  const manifest = await buildManifest(input);
  const submission = await options.dmp.prepare({
    manifest: { ...manifest, studyInstanceUID: exam.studyInstanceUID, createdAt },
    header: { ...header, orders: reports.flatMap((report) => report.header.orders) },
    patient: { ins: input.patient.ins, ipp },
    ...(message.visit.patientClass !== undefined && { visitClass: message.visit.patientClass }),
    visibility: {
      maskedFromProfessionals: message.flags.maskedFromProfessionals === true,
      invisibleToPatient: message.flags.invisibleToPatient === true,
      invisibleToLegalRepresentatives: message.flags.invisibleToLegalRepresentatives === true,
    },
    ...(message.sender !== undefined && { sender: message.sender }),
    ids: { submissionSet: newUID(), signature: newUID() },
    submittedAt: createdAt,
  });
  return {
    event: "prepared",
    submission: toStored(submission, manifest),
    facts: {
      pacs: study.pacs,
      series: study.series.length,
      instances: manifest.instanceCount,
      modalities: manifest.modalities,
      manifest: manifest.sopInstanceUID,
    },
  };
}

/**
 * An earlier submission of this exam may have been accepted without our knowing: its answer was lost, a later attempt
 * was refused, a person retried. Before another is made, the registry is asked.
 */
async function alreadyRegistered(
  exam: Exam,
  options: PrepareOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const earlier = await options.store.latestSubmission({ examId: exam.id });
  if (earlier === undefined) return undefined;
  const submission = fromStored(earlier);
  const entry = await options.dmp.find(submission.documentUniqueId, submission, { signal });
  return entry?.entryUUID;
}

/** The reports that count for the exam: those meant for the DMP, oldest first. */
async function reportsOf(exam: Exam, options: PrepareOptions): Promise<ReceivedReport[]> {
  const messages = await options.store.messagesOfExam({ examId: exam.id });
  return messages
    .map((message) => readReceived(message, options))
    .filter((report) => report.message.flags.destinationDmp !== false);
}
