import type { CodedError } from "../base/index.ts";
import { type RegistryDocument, STATUS } from "../xds/index.ts";
import { dmpErrors } from "./errors.ts";
import type { Provision, RegisteredEntry, Replacement, Submission } from "./model.ts";

export function isApproved({ status }: RegistryDocument): boolean {
  return status === STATUS.approved;
}

/** True while the record still shows it: an archived document can be read. */
export function isInForce(document: RegistryDocument): boolean {
  return isApproved(document) || document.status === STATUS.archived;
}

/** Of the versions of one document: the approved, else the archived, else any. */
export function currentVersion(versions: readonly RegistryDocument[]): RegistryDocument | undefined {
  return versions.find(isApproved) ?? versions.find(isInForce) ?? versions[0];
}

/**
 * Asks the registry what is, after it refused a submission over the state of documents. An earlier attempt may have
 * reached it while its answer was lost: then the manifest is there, and what it replaces deprecated by it; or the withdrawn
 * one is gone. Resolves to the document concerned when what was asked is so; `refusal` is thrown when it is not.
 */
export async function verify(
  submission: Submission,
  refusal: CodedError,
  find: (uniqueId: string) => Promise<RegistryDocument | undefined>,
): Promise<RegistryDocument | undefined> {
  if (submission.kind === "withdraw") {
    const withdrawn = await find(submission.target.uniqueId);
    if (withdrawn === undefined || !isInForce(withdrawn)) return withdrawn;
    requireCurrent(withdrawn, submission.target);
    throw refusal;
  }
  const registered = await find(submission.documentUniqueId);
  if (registered !== undefined) return requireSame(registered, submission);
  if (submission.kind === "replace") requireCurrent(await find(submission.target.uniqueId), submission.target);
  throw refusal;
}

/** The registered document is this one: identifier, hash, patient, and in force. Anything else is for a person. */
function requireSame(registered: RegistryDocument, submission: Provision | Replacement): RegistryDocument {
  const mine = { hash: submission.hash, patient: submission.vihf.patientId };
  const theirs = { hash: registered.hash?.toLowerCase() ?? "", patient: registered.patientId ?? "" };
  if (theirs.hash !== mine.hash || theirs.patient !== mine.patient)
    throw dmpErrors.fault("DMP_DUPLICATE_CONFLICT", {
      values: {
        "hash (DRIMbox)": mine.hash,
        "hash (DMP)": theirs.hash,
        "patient (DRIMbox)": mine.patient,
        "patient (DMP)": theirs.patient,
      },
    });
  if (!isApproved(registered))
    throw dmpErrors.fault("DMP_STATE_CONFLICT", { details: { codes: statusName(registered) } });
  return registered;
}

/** The entry that was aimed at is the approved version of its document. */
function requireCurrent(found: RegistryDocument | undefined, { entryUUID }: RegisteredEntry): void {
  const same = found === undefined || found.entryUUID === entryUUID;
  if (found !== undefined && same && isApproved(found)) return;
  throw dmpErrors.fault("DMP_REPLACED_ENTRY_GONE", {
    details: { status: `${statusName(found)}${same ? "" : ", another version"}` },
    values: {
      "entryUUID (DRIMbox)": entryUUID,
      "entryUUID (DMP)": found?.entryUUID ?? "",
      "status (DMP)": found?.status ?? "",
    },
  });
}

/** A status as it may be logged: one we know, or that it is another. */
function statusName(document: RegistryDocument | undefined): string {
  if (document === undefined) return "absent";
  return Object.entries(STATUS).find(([, urn]) => urn === document.status)?.[0] ?? "unknown";
}
