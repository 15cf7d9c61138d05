/** What the present content of the registry, and the VIHF, have against a change that is right in itself. */
import { APPROVED, DEPRECATED } from "./codes.ts";
import type { Entry } from "./entry.ts";
import { METADATA_ERROR } from "./fields.ts";
import type { Submission, SubmissionSet } from "./metadata.ts";
import { type RegisteredDocument, type Registry, sha1 } from "./registry.ts";
import type { Deletion } from "./update.ts";
import type { Vihf } from "./vihf.ts";
import type { Findings } from "./xml.ts";

const POLICY = "LocalPolicyRestrictionError";
const UNRESOLVED = "UnresolvedReferenceException";
const OTHER_PATIENT = "XDSPatientIdDoesNotMatch";
const DEPRECATED_ERROR = "XDSRegistryDeprecatedDocumentError";

/** The record is the one of the VIHF, and the structure is an author of all that is submitted (EX_2.1-1140). */
export function checkAuthority(set: SubmissionSet, entries: readonly Entry[], vihf: Vihf, findings: Findings): void {
  const same = set.patientId === vihf.patientId;
  findings.check(same, OTHER_PATIENT, `${set.id}/patientId`, "is not the resource-id of the VIHF");
  for (const { id, institutions } of [set, ...entries]) {
    const author = institutions.includes(vihf.structure);
    const context = `no author institution is the Identifiant_Structure ${vihf.structure} (EX_2.1-1140)`;
    findings.check(author, POLICY, `${id}/author`, context);
  }
}

/** ITI-41 against the registry. */
export function checkSubmission(
  registry: Registry,
  submission: Submission,
  documents: ReadonlyMap<string, Buffer>,
  vihf: Vihf,
  findings: Findings,
): void {
  checkSet(registry, submission, findings);
  for (const entry of submission.entries) {
    const { id, uniqueId } = entry;
    const known = registry.documents().find((document) => document.uniqueId === uniqueId);
    if (known !== undefined) {
      const same = sha1(documents.get(id) ?? Buffer.alloc(0)) === known.sha1;
      const code = same ? "XDSDuplicateUniqueIdInRegistry" : "XDSNonIdenticalHash";
      findings.add(code, "DocumentEntry.uniqueId", `${uniqueId} is registered${same ? "" : " with other content"}`);
    }
    if (entry.replaces !== undefined) checkReplaced(registry.document(entry.replaces), entry, vihf, findings);
  }
}

/** ITI-57 against the registry. */
export function checkDeletion(registry: Registry, deletion: Deletion, vihf: Vihf, findings: Findings): void {
  checkSet(registry, deletion, findings);
  const old = registry.document(deletion.target);
  const where = "Association/UpdateAvailabilityStatus";
  if (old === undefined) {
    findings.add(UNRESOLVED, where, `${deletion.target} is not registered`);
    return;
  }
  findings.check(old.kind === "manifest", "XDSMetadataUpdateError", where, "a signature is not deleted by itself");
  findings.check(old.status !== DEPRECATED, DEPRECATED_ERROR, where, `${old.uniqueId} is deprecated`);
  const current = old.status === APPROVED || old.status === DEPRECATED;
  findings.check(current, "XDSMetadataVersionError", where, `OriginalStatus is not its status, ${old.status}`);
  checkOwner(old, deletion.patientId, vihf, where, findings);
}

/** What any submission set meets: the record is there and open, and the set is new. */
function checkSet(registry: Registry, { patientId, uniqueId }: SubmissionSet, findings: Findings): void {
  const known = !registry.unknownPatients.has(patientId);
  findings.check(known, "XDSUnknownPatientId", "patientId", "this patient has no record");
  findings.check(!registry.closedRecords.has(patientId), "DMPClosed", "patientId", "this record is closed");
  const fresh = !registry.submissions().some((one) => one.uniqueId === uniqueId);
  const context = `${uniqueId} is registered`;
  findings.check(fresh, "XDSDuplicateUniqueIdInRegistry", "SubmissionSet.uniqueId", context);
}

function checkReplaced(old: RegisteredDocument | undefined, entry: Entry, vihf: Vihf, findings: Findings): void {
  const where = "Association/RPLC";
  if (old === undefined || old.kind !== "manifest") {
    findings.add(UNRESOLVED, where, `${entry.replaces} is not a registered manifest`);
    return;
  }
  findings.check(old.status !== DEPRECATED, DEPRECATED_ERROR, where, `${entry.replaces} is deprecated`);
  const current = old.status === APPROVED || old.status === DEPRECATED;
  findings.check(current, "XDSReplaceFailed", where, `${entry.replaces} is ${old.status}`);
  const sameStudy = old.studyInstanceUID === entry.studyInstanceUID;
  findings.check(sameStudy, METADATA_ERROR, where, "is a manifest of another study");
  checkOwner(old, entry.patientId, vihf, where, findings);
}

function checkOwner(old: RegisteredDocument, patientId: string, vihf: Vihf, where: string, findings: Findings): void {
  findings.check(old.patientId === patientId, OTHER_PATIENT, where, "is another patient's");
  const author = old.institutions.includes(vihf.structure);
  findings.check(author, POLICY, where, `${vihf.structure} is not an author institution of it (EX_2.1-1140)`);
}
