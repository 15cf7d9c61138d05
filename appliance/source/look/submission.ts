import { said } from "../../base/index.ts";
import type { Order } from "../../cda/index.ts";
import { newUID } from "../../dicom/index.ts";
import type {
  Actor,
  Provision,
  Replacement,
  Submission,
  SubmissionDocument,
  SubmissionInput,
  Withdrawal,
} from "../../dmp/index.ts";
import type { Manifest, ManifestInput } from "../../kos/index.ts";
import type { NewSubmission, StoredSubmission } from "../../store/index.ts";
import type { Sent } from "../exam/traces.ts";
import { latestOf, type ReceivedReport } from "../intake/report.ts";
import type { ClearReports } from "./manifest.ts";

/** What the DMP is told of a manifest. Whatever one of the reports hides is hidden. */
export function submissionInput(
  input: ManifestInput,
  { reports }: ClearReports,
  orders: readonly Order[],
  manifest: Manifest,
  actor: Actor | undefined,
): SubmissionInput {
  const { header, message } = latestOf(reports);
  const hidden = (flag: keyof ReceivedReport["message"]["flags"]) =>
    reports.some((one) => one.message.flags[flag] === true);
  return said({
    manifest: { ...manifest, studyInstanceUID: input.study.studyInstanceUID, createdAt: input.createdAt },
    header: { ...header, orders },
    patient: { ins: input.patient.ins, ipp: input.patient.ipp },
    visitClass: message.visit.patientClass,
    visibility: {
      maskedFromProfessionals: hidden("maskedFromProfessionals"),
      invisibleToPatient: hidden("invisibleToPatient"),
      invisibleToLegalRepresentatives: hidden("invisibleToLegalRepresentatives"),
    },
    sender: message.sender,
    actor,
    ids: { submissionSet: newUID(), signature: newUID() },
    submittedAt: input.createdAt,
  });
}

/** A stored submission as the auditor knows it. */
export function sentOf(stored: StoredSubmission): Sent {
  const { kind, instanceCount } = stored;
  const { documentUniqueId, submissionSetUniqueId, vihf } = fromStored(stored);
  return { kind, instanceCount, documentUniqueId, submissionSetUniqueId, vihf };
}

/** A submission as the store keeps it: the manifest's bytes once, all the rest as JSON. */
export function toStored(
  submission: Provision | Replacement,
  manifest: Manifest,
  facts: Pick<NewSubmission, "manifestAt" | "version" | "basis" | "pacs">,
): NewSubmission {
  return {
    kind: submission.kind ?? "provide",
    sopInstanceUID: manifest.sopInstanceUID,
    manifest: manifest.bytes,
    instanceCount: manifest.instanceCount,
    envelope: envelopeOf(submission, manifest.bytes),
    ...facts,
  };
}

/** A withdrawal as the store keeps it: what it withdraws is in an earlier submission. */
export function toStoredWithdrawal(submission: Withdrawal, withdrawn: StoredSubmission, why: string): NewSubmission {
  const { manifestAt, version, pacs } = withdrawn;
  return {
    kind: "withdraw",
    sopInstanceUID: submission.documentUniqueId,
    manifest: new Uint8Array(),
    instanceCount: 0,
    basis: why,
    pacs,
    envelope: envelopeOf(submission),
    manifestAt,
    version,
  };
}

export function envelopeOf(submission: Submission, manifest?: Uint8Array): string {
  const documents = submission.documents.map(({ bytes, ...document }) => ({
    ...document,
    // The manifest has its own column; what remains is the signature, a few kilobytes of XML.
    content: bytes === manifest ? undefined : Buffer.from(bytes).toString("base64"),
  }));
  return JSON.stringify({ ...submission, documents });
}

/** The same submission again, byte for byte. */
export function fromStored(stored: StoredSubmission): Submission {
  const envelope = JSON.parse(stored.envelope) as StoredEnvelope;
  return {
    ...envelope,
    documents: envelope.documents.map(({ content, ...document }) => ({
      ...document,
      bytes: content === undefined ? stored.manifest : Buffer.from(content, "base64"),
    })),
  };
}

/** Each kind of submission, its documents as JSON has them. */
type Enveloped<Kind> = Kind extends Submission
  ? Omit<Kind, "documents"> & {
      readonly documents: readonly (Omit<SubmissionDocument, "bytes"> & { readonly content?: string })[];
    }
  : never;
type StoredEnvelope = Enveloped<Submission>;
