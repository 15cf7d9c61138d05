/**
 * ITI-57 as a source uses it, the deletion of a document (DMP TD3.3c, wire-formats 5.10): one submission set and one
 * association that turns the status of one entry from Approved to Deleted. Whatever else the transaction can do -
 * metadata of an entry, archiving, folders - is not for a source, and refused.
 */
import { APPROVED, DELETED, ENTRY_UUID, UPDATE_STATUS } from "./codes.ts";
import { METADATA_ERROR, slot } from "./fields.ts";
import { readSet, type SubmissionSet } from "./metadata.ts";
import { attribute, children, type Element, type Findings, NS } from "./xml.ts";

export interface Deletion extends SubmissionSet {
  /** entryUUID of what is deleted. */
  readonly target: string;
}

const UPDATE_ERROR = "XDSMetadataUpdateError";
const OPERATION_ERROR = "XDSMetadataUpdateOperationError";
const OBJECTS = ["RegistryPackage", "ExtrinsicObject*", "Association*"];

/** Reads and checks the SubmitObjectsRequest of an ITI-57; undefined when it is too broken to go on. */
export function readDeletion(request: Element, now: Date, findings: Findings): Deletion | undefined {
  const read = readSet(request, OBJECTS, now, findings);
  if (read === undefined) return undefined;
  const { list, set } = read;
  for (const entry of children(list, NS.rim, "ExtrinsicObject")) {
    findings.add(OPERATION_ERROR, entry, "a source submits no entry in an update: it replaces the document");
  }
  const associations = children(list, NS.rim, "Association");
  const updates = associations.filter((one) => attribute(one, "associationType") === UPDATE_STATUS);
  for (const one of associations.filter((other) => !updates.includes(other))) {
    const type = attribute(one, "associationType");
    findings.add(OPERATION_ERROR, one, `association ${type} has no business in an update`);
  }
  const [update, ...others] = updates;
  if (update === undefined || others.length > 0) {
    findings.add(UPDATE_ERROR, list, `${updates.length} UpdateAvailabilityStatus, exactly one is expected`);
    return undefined;
  }
  const fromSet = attribute(update, "sourceObject") === set.id;
  findings.check(fromSet, METADATA_ERROR, update, "sourceObject is not the submission set");
  const target = attribute(update, "targetObject") ?? "";
  const universal = ENTRY_UUID.test(target);
  findings.check(universal, "UnresolvedReferenceException", update, "targetObject is not an entryUUID");
  checkStatuses(update, findings);
  return { ...set, target };
}

function checkStatuses(update: Element, findings: Findings): void {
  const names = children(update, NS.rim, "Slot").map((one) => attribute(one, "name"));
  const both = names.sort().join() === "NewStatus,OriginalStatus";
  findings.check(both, UPDATE_ERROR, update, "the Slots are not OriginalStatus and NewStatus, each once");
  for (const [name, expected] of [["OriginalStatus", APPROVED] as const, ["NewStatus", DELETED] as const]) {
    const value = slot(update, name).join(" and ");
    const right = value === expected || !names.includes(name);
    findings.check(right, UPDATE_ERROR, update, `${name} is ${value}, not ${expected}`);
  }
}
