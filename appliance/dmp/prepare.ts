import { createHash } from "node:crypto";
import { requireValid, type StructureCredentials } from "../trust/index.ts";
import { type Digest, signSubmission, submitObjectsRequest, verifySubmissionSignature } from "../xds/index.ts";
import { vihfRoles } from "./codes.ts";
import { dmpErrors } from "./errors.ts";
import {
  type Content,
  facilityType,
  MANIFEST_ENTRY,
  SIGNATURE_ENTRY,
  submissionMetadata,
  withdrawalMetadata,
} from "./metadata.ts";
import type {
  DmpOptions,
  Provision,
  Replacement,
  Submission,
  SubmissionInput,
  VihfFacts,
  Withdrawal,
  WithdrawalInput,
} from "./model.ts";
import { actingStructure, actorOf, type StructureRoles } from "./structure.ts";
import { authenticatorOf, patientId } from "./submission-set.ts";

export const DEFAULT_DIGEST: Digest = "SHA-256";

/** The credentials of a submission, within their dates. */
export function credentialsOf(
  { structureId, kind }: Submission["certificate"],
  { credentials }: DmpOptions,
  now: Date,
): StructureCredentials {
  const found = credentials.choose([structureId], kind);
  if (found === undefined)
    throw dmpErrors.fault("DMP_NO_CERTIFICATE_FOR_STRUCTURE", { details: { kind, structure: structureId } });
  requireValid(found, now);
  return found;
}

/** See `Dmp.prepare`. */
export async function prepareSubmission(
  input: SubmissionInput,
  options: DmpOptions,
  now: Date,
): Promise<Provision | Replacement> {
  const { manifest, ids, replaces } = input;
  const structure = actingStructure(input, options.identification);
  const { signing } = credentialsOf(structure.certificate, options, now);
  const digest = options.digest ?? DEFAULT_DIGEST;
  const signature = await signSubmission(
    {
      uniqueId: ids.signature,
      submissionSetUniqueId: ids.submissionSet,
      documents: [{ uniqueId: manifest.sopInstanceUID, bytes: manifest.bytes }],
      signingTime: input.submittedAt,
    },
    signing,
    digest,
  );
  // A signature that its own certificate does not verify must not leave: the national record keeps it for ever.
  verifySubmissionSignature(signature, {
    certificate: signing.certificate,
    digests: [digest],
    documents: new Map([[manifest.sopInstanceUID, manifest.bytes]]),
  });
  const contents = { manifest: describe(manifest.bytes), signature: describe(signature) };
  return {
    ...(replaces ? { kind: "replace", target: replaces } : { kind: "provide" }),
    ...transaction(input, structure, options),
    documentUniqueId: manifest.sopInstanceUID,
    signatureUniqueId: ids.signature,
    hash: contents.manifest.hash,
    metadata: submitObjectsRequest(submissionMetadata(input, structure, contents, options)).xml,
    documents: [
      { id: MANIFEST_ENTRY, mimeType: "application/dicom", bytes: manifest.bytes },
      { id: SIGNATURE_ENTRY, mimeType: "text/xml", bytes: signature },
    ],
  };
}

/** See `Dmp.prepareWithdrawal`. A report that has become confidential is no reason to leave its images in the record. */
export async function prepareWithdrawal(input: WithdrawalInput, options: DmpOptions, now: Date): Promise<Withdrawal> {
  const structure = actingStructure(input, options.identification);
  credentialsOf(structure.certificate, options, now);
  return {
    kind: "withdraw",
    target: { entryUUID: input.entryUUID, uniqueId: input.documentUniqueId },
    ...transaction(input, structure, options),
    documentUniqueId: input.documentUniqueId,
    metadata: submitObjectsRequest(withdrawalMetadata(input, structure, options)).xml,
    documents: [],
  };
}

function transaction(input: SubmissionInput | WithdrawalInput, structure: StructureRoles, options: DmpOptions) {
  return {
    submissionSetUniqueId: input.ids.submissionSet,
    structureId: structure.author.id,
    certificate: structure.certificate,
    vihf: vihfFacts(input, structure, options),
    remarks: structure.remarks,
  };
}

/** SHA-1 because XDS says so (ITI TF-3 4.2.3.2.10): it detects damage, the signature detects fraud. */
function describe(bytes: Uint8Array): Content {
  return { hash: createHash("sha1").update(bytes).digest("hex"), size: bytes.length };
}

/** The subject is the professional who answers for the report of who acts, never the patient. */
function vihfFacts(
  input: SubmissionInput | WithdrawalInput,
  structure: StructureRoles,
  options: DmpOptions,
): VihfFacts {
  const actor = actorOf(input);
  const { id, family, given } = authenticatorOf(actor);
  const sector = facilityType(actor.header, options);
  return {
    structureId: structure.vihf,
    subject: { id, name: `${given} ${family}` },
    roles: vihfRoles(actor.header.legalAuthenticator?.specialty),
    sector: `${sector.code}^${sector.scheme}`,
    patientId: patientId(input),
  };
}
