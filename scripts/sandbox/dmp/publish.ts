/** ITI-41: from an opened request to the registry, in stages. */
import type { X509Certificate } from "node:crypto";
import type { Policy, Request } from "./gate.ts";
import { checkManifestDocument } from "./kos.ts";
import { checkDocuments, readSubmission, type Submission } from "./metadata.ts";
import type { Registry } from "./registry.ts";
import { checkAuthority, checkSubmission } from "./rules.ts";
import { checkSignatureDocument, type SignatureContext } from "./signature.ts";
import { checkSubject } from "./vihf.ts";
import { elements, type Findings, is, NS } from "./xml.ts";
import { readDocuments } from "./xop.ts";

export interface PublishContext {
  readonly registry: Registry;
  readonly policy: Policy;
  readonly trust: readonly X509Certificate[];
}

/**
 * Registers, or says why not; what the metadata show to be wrong with the VIHF goes to `faults`. Each stage is reached
 * only when the one before found nothing, so that no error is but the consequence of another.
 */
export function publish(
  { envelope: { payload }, pack, vihf, now }: Request,
  { registry, policy, trust }: PublishContext,
  errors: Findings,
  faults: Findings,
): void {
  if (!is(payload, NS.xdsb, "ProvideAndRegisterDocumentSetRequest")) {
    errors.add("XDSRepositoryError", payload, "ProvideAndRegisterDocumentSetRequest is expected");
    return;
  }
  const documents = readDocuments(payload, pack.attachments, errors);
  const submission = readSubmission(elements(payload)[0], now, errors);
  if (submission === undefined || errors.list.length > 0) return;
  const context = { now, policy: { sha1: policy.signatureSha1 }, trust, signer: vihf.signer };
  const patients = submission.entries.map(({ patientName }) => patientName);
  const stages = [
    () => checkSubject(patients, vihf, faults),
    () => checkAuthority(submission, submission.entries, vihf, errors),
    () => checkDocuments(submission.entries, documents, errors),
    () => checkContents(submission, documents, context, errors),
    () => checkSubmission(registry, submission, documents, vihf, errors),
    () => registry.register(submission, documents, vihf, now),
  ];
  for (const stage of stages) {
    stage();
    if (errors.list.length > 0 || faults.list.length > 0) return;
  }
}

function checkContents(
  submission: Submission,
  documents: ReadonlyMap<string, Buffer>,
  context: SignatureContext,
  findings: Findings,
): void {
  for (const entry of submission.entries) {
    const bytes = documents.get(entry.id);
    if (bytes === undefined) continue;
    if (entry.kind.name === "manifest") checkManifestDocument(entry, bytes, findings);
    else checkSignatureDocument(entry, submission, documents, context, findings);
  }
}
