import { createHash } from "node:crypto";
import { requireValid, type StructureCredentials } from "../trust/index.ts";
import { cx, type Digest, signSubmission, submitObjectsRequest, verifySubmissionSignature } from "../xds/index.ts";
import { vihfRoles } from "./codes.ts";
import { dmpErrors } from "./errors.ts";
import {
  type Content,
  facilityType,
  MANIFEST_ENTRY,
  professional,
  SIGNATURE_ENTRY,
  submissionMetadata,
} from "./metadata.ts";
import type { DmpOptions, Submission, SubmissionInput, VihfFacts } from "./model.ts";
import { resolveStructure, type StructureRoles } from "./structure.ts";

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
export async function prepareSubmission(input: SubmissionInput, options: DmpOptions, now: Date): Promise<Submission> {
  const { manifest, ids } = input;
  const structure = resolveStructure(input.header, input.sender, options.identification);
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
    documentUniqueId: manifest.sopInstanceUID,
    submissionSetUniqueId: ids.submissionSet,
    signatureUniqueId: ids.signature,
    structureId: structure.author.id,
    certificate: structure.certificate,
    hash: contents.manifest.hash,
    metadata: submitObjectsRequest(submissionMetadata(input, structure, contents, options)).xml,
    documents: [
      { id: MANIFEST_ENTRY, mimeType: "application/dicom", bytes: manifest.bytes },
      { id: SIGNATURE_ENTRY, mimeType: "text/xml", bytes: signature },
    ],
    vihf: vihfFacts(input, structure, options),
    remarks: structure.remarks,
  };
}

/** SHA-1 because XDS says so (ITI TF-3 4.2.3.2.10): it detects damage, the signature detects fraud. */
function describe(bytes: Uint8Array): Content {
  return { hash: createHash("sha1").update(bytes).digest("hex"), size: bytes.length };
}

/** The subject is the professional who answers for the report, never the patient. */
function vihfFacts({ header, patient }: SubmissionInput, structure: StructureRoles, options: DmpOptions): VihfFacts {
  const { id, family, given } = professional(header.legalAuthenticator, "legalAuthenticator");
  const sector = facilityType(header, options);
  return {
    structureId: structure.vihf,
    subject: { id, name: `${given} ${family}` },
    roles: vihfRoles(header.legalAuthenticator?.specialty),
    sector: `${sector.code}^${sector.scheme}`,
    patientId: cx(patient.ins.matricule, patient.ins.oid, "NH"),
  };
}
