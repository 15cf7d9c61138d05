import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { otherIdentifiers, sameName } from "./identity.ts";
import type { ReceivedDeletion, ReceivedReport } from "./report.ts";

/** What is left of the reports on one exam after the replacements and deletions among them. */
export interface Living {
  /** The reports that stand, in the order in which they were last sent. */
  readonly reports: readonly ReceivedReport[];
  /** Earlier sendings of those, overtaken by a mere repetition: they still speak of the same images. */
  readonly overtaken: readonly ReceivedReport[];
  /** True when a deletion ended one of them. */
  readonly deleted: boolean;
  /** Deletions that name another patient than what they would delete: not carried out. */
  readonly faults: readonly CodedError[];
}

/**
 * Folds the reports on one exam, in the order in which they came (profile 1.2): a new report stands, a replacement ends
 * the documents that it names, a deletion ends its own. A document that was ended stands again when it is sent anew; a
 * sending that is older than its end, by the sender's own clock, came late and changes nothing.
 */
export function living(received: readonly (ReceivedReport | ReceivedDeletion)[]): Living {
  const standing = new Map<string, ReceivedReport>();
  const ended = new Map<string, ReceivedReport | ReceivedDeletion>();
  const overtaken: ReceivedReport[] = [];
  const faults: CodedError[] = [];
  let deleted = false;

  const end = (documentId: string, by: ReceivedReport | ReceivedDeletion) => {
    standing.delete(documentId);
    ended.set(documentId, by);
  };
  for (const report of received) {
    const { documentId } = report;
    if (report.kind === "deletion") {
      for (const target of targets(report, standing)) {
        const fault = strangers(standing.get(target), report);
        if (fault !== undefined) faults.push(fault);
        else {
          end(target, report);
          deleted = true;
        }
      }
      continue;
    }
    const endedBy = ended.get(documentId);
    if (endedBy !== undefined && wasSentBefore(report, endedBy)) continue;
    const former = standing.get(documentId);
    const { action } = report.message;
    if (action === "create" && former !== undefined) overtaken.push(former);
    for (const target of action === "replace" ? targets(report, standing) : []) end(target, report);
    standing.delete(documentId);
    standing.set(documentId, report);
  }
  const reports = [...standing.values()];
  const still = new Set(reports.map(({ documentId }) => documentId));
  return { reports, overtaken: overtaken.filter((one) => still.has(one.documentId)), deleted, faults };
}

/**
 * The documents that a report ends. One that names documents of which none stands may mean the version that does: when it
 * is of the same set (CDA setId) and of the same patient.
 */
function targets(
  report: ReceivedReport | ReceivedDeletion,
  standing: ReadonlyMap<string, ReceivedReport>,
): readonly string[] {
  const named = report.ends;
  if (named.some((documentId) => standing.has(documentId)) || report.setId === undefined) return named;
  const versions = [...standing.values()].filter(
    (one) => one.setId === report.setId && one.documentId !== report.documentId && strangers(one, report) === undefined,
  );
  return versions.length === 1 ? [...named, ...versions.map(({ documentId }) => documentId)] : named;
}

function strangers(target: ReceivedReport | undefined, by: ReceivedReport | ReceivedDeletion): CodedError | undefined {
  if (target === undefined) return undefined;
  const { header, message } = by;
  const values =
    header === undefined
      ? otherIdentifiers(message.patient.identifiers, target.header.patient)
      : isOtherPatient(target, { header })
        ? { message: patientText({ header }), report: patientText(target) }
        : undefined;
  return values && sourceErrors.fault("SOURCE_DELETION_DISAGREES", { values });
}

/** True when the sender's clock says so; two senders' clocks are not compared. */
function wasSentBefore(
  { message: one }: ReceivedReport,
  { message: other }: ReceivedReport | ReceivedDeletion,
): boolean {
  const sameSender =
    one.sendingApplication === other.sendingApplication && one.sendingFacility === other.sendingFacility;
  return sameSender && one.sentAt !== undefined && other.sentAt !== undefined && one.sentAt < other.sentAt;
}

/** By the INS, by local identifiers with none in common, or by strict traits. */
export function isOtherPatient(
  { header: { patient: one } }: Pick<ReceivedReport, "header">,
  { header: { patient: other } }: Pick<ReceivedReport, "header">,
): boolean {
  const differ = <T>(a: T | undefined, b: T | undefined, same: (a: T, b: T) => boolean) =>
    a !== undefined && b !== undefined && !same(a, b);
  const shared = one.localIds.some((a) => other.localIds.some((b) => a.value === b.value && a.oid === b.oid));
  return (
    differ(one.ins?.matricule, other.ins?.matricule, Object.is) ||
    (one.localIds.length > 0 && other.localIds.length > 0 && !shared) ||
    differ(one.birthDate, other.birthDate, Object.is) ||
    differ(one.birthName?.family, other.birthName?.family, sameName)
  );
}

export function patientText({ header: { patient } }: Pick<ReceivedReport, "header">): string {
  const ids = [patient.ins?.matricule, ...patient.localIds.map(({ value }) => value)];
  return [...ids, patient.birthName?.family, patient.birthDate].filter((part) => part !== undefined).join(" ");
}
