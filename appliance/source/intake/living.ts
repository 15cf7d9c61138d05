import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";
import { otherIdentifiers, sameName, sharesIdentifier } from "./identity.ts";
import { type ReceivedDeletion, type ReceivedReport, studiesOf } from "./report.ts";

type Sent = ReceivedReport | ReceivedDeletion;

/** What is left of the reports on one exam after the replacements and deletions among them. */
export interface Living {
  /** The reports that stand, each as it was last sent, the latest last. */
  readonly reports: readonly ReceivedReport[];
  /** Earlier sendings of those, overtaken by a mere repetition: they still speak of the same images. */
  readonly overtaken: readonly ReceivedReport[];
  /** True when a deletion ended one of them. */
  readonly deleted: boolean;
  /** Deletions and replacements that are not carried out: they name another patient, or their order is not certain. */
  readonly faults: readonly CodedError[];
}

/**
 * What stands of the reports on one exam (profile 1.2): a document stands as it was last sent, unless it was replaced or
 * deleted. `received` is in the order in which the messages came; what came late is told by the sender's own clock, so
 * that messages of one sender that say when they were sent give the same result in whatever order they come.
 *
 * - A deletion ends what was sent before it. A later sending stands; one of the very same instant is not certain.
 * - A replacement ends the documents that it names, for as long as it stands or was itself replaced. When it is deleted, a
 *   document that it had ended stands again only if it is sent anew, later.
 * - Ids that were never received may mean the one version of the same set (CDA setId) that stands, when the patient is the
 *   same.
 */
export function living(received: readonly Sent[], studyInstanceUID: string): Living {
  const documents = documentsOf(received);
  const deletions = received.filter((one) => one.kind === "deletion");
  const replacements = received.filter((one) => one.kind === "report").filter(({ ends }) => ends.length > 0);
  const faults = new Set<CodedError>();
  const arrival = new Map(received.map((one, index) => [one, index]));

  const cameAfter = (one: Sent, other: Sent) => (arrival.get(one) ?? 0) > (arrival.get(other) ?? 0);
  const isLater = (one: Sent, other: Sent) => bySender(one, other) ?? cameAfter(one, other);

  /** The deletion that ends a document, if one does: of several, the first. */
  const deletionOf = (document: Document, all: readonly ReceivedDeletion[]): ReceivedDeletion | undefined => {
    const ending = all.filter((deletion) => {
      if (isLater(document.last, deletion) && !isTie(document.last, deletion)) return false;
      const fault = strangers(document.last, deletion) ?? uncertain(document.last, deletion, cameAfter);
      if (fault !== undefined) faults.add(fault);
      return fault === undefined;
    });
    return ending.reduce<ReceivedDeletion | undefined>(
      (first, one) => (first === undefined || isLater(first, one) ? one : first),
      undefined,
    );
  };

  /** True when the document is ended by a report that took its place. */
  const isReplaced = (document: Document, path: ReadonlySet<string>): boolean =>
    replacements.some((by) => {
      if (!by.ends.includes(document.id) || by.documentId === document.id || path.has(by.documentId)) return false;
      if (!concerns(by, document.last, studyInstanceUID)) {
        faults.add(disagreement(by, document.last));
        return false;
      }
      const successor = documents.get(by.documentId);
      if (successor === undefined) return true;
      // Two documents that replace each other: the later one stands.
      if (document.last.ends.includes(by.documentId) && isLater(document.last, by)) return false;
      const deletion = lastDeletion(successor, new Set([...path, document.id]));
      return deletion === undefined || !isLater(document.last, deletion);
    });

  /** The deletion at the end of a chain of replacements; undefined while something of it stands. */
  const lastDeletion = (document: Document, path: ReadonlySet<string>): ReceivedDeletion | undefined => {
    const next = replacements.find(
      (by) => by.ends.includes(document.id) && by.documentId !== document.id && !path.has(by.documentId),
    );
    const successor = next && documents.get(next.documentId);
    const own = deletionOf(document, explicit(document));
    return successor === undefined ? own : lastDeletion(successor, new Set([...path, document.id]));
  };
  const explicit = (document: Document) => deletions.filter(({ ends }) => ends.includes(document.id));

  const standing = [...documents.values()].filter(
    (document) =>
      deletionOf(document, explicit(document)) === undefined && !isReplaced(document, new Set([document.id])),
  );
  const left = standing.filter((document) => {
    const others = [...deletions, ...replacements].filter((one) => meansVersion(one, document, standing, documents));
    return !others.some((one) => !isLater(document.last, one));
  });
  const deleted = deletions.length > 0 && left.length < documents.size;
  return {
    reports: inOrder(
      left.map(({ last }) => last),
      cameAfter,
    ),
    overtaken: left.flatMap(({ last, sendings }) =>
      last.message.action === "create" ? sendings.filter((one) => one !== last) : [],
    ),
    deleted: deleted || (deletions.length > 0 && documents.size === 0),
    faults: [...faults],
  };

  function documentsOf(all: readonly Sent[]): ReadonlyMap<string, Document> {
    const found = new Map<string, Document>();
    for (const report of all) {
      if (report.kind !== "report") continue;
      const known = found.get(report.documentId);
      const later = known === undefined || (bySender(report, known.last) ?? true);
      found.set(report.documentId, {
        id: report.documentId,
        last: later ? report : known.last,
        sendings: [...(known?.sendings ?? []), report],
      });
    }
    return found;
  }
}

interface Document {
  readonly id: string;
  /** As it was last sent. */
  readonly last: ReceivedReport;
  readonly sendings: readonly ReceivedReport[];
}

/** Whether the sender's clock says that one was sent after the other; undefined when it does not say. */
function bySender({ message: one }: Sent, { message: other }: Sent): boolean | undefined {
  const sameSender =
    one.sendingApplication === other.sendingApplication && one.sendingFacility === other.sendingFacility;
  if (!sameSender || one.sentAt === undefined || other.sentAt === undefined) return undefined;
  return one.sentAt.getTime() === other.sentAt.getTime() ? undefined : one.sentAt > other.sentAt;
}

function isTie({ message: one }: Sent, { message: other }: Sent): boolean {
  return (
    one.sendingApplication === other.sendingApplication &&
    one.sendingFacility === other.sendingFacility &&
    one.sentAt !== undefined &&
    one.sentAt.getTime() === other.sentAt?.getTime()
  );
}

/** A document that came after its deletion, sent in the same instant: which of the two was meant last is not known. */
function uncertain(
  report: ReceivedReport,
  deletion: ReceivedDeletion,
  cameAfter: (one: Sent, other: Sent) => boolean,
): CodedError | undefined {
  if (!isTie(report, deletion) || !cameAfter(report, deletion)) return undefined;
  return sourceErrors.fault("SOURCE_DELETION_UNCERTAIN");
}

/** The latest last: by the senders' clocks when all of them say, in the order of arrival otherwise. */
function inOrder(reports: readonly ReceivedReport[], cameAfter: (one: Sent, other: Sent) => boolean): ReceivedReport[] {
  const dated = reports.every(({ message }) => message.sentAt !== undefined);
  const time = ({ message }: ReceivedReport) => (dated ? (message.sentAt?.getTime() ?? 0) : 0);
  return [...reports].sort((a, b) => time(a) - time(b) || (cameAfter(a, b) ? 1 : -1));
}

/** True when a message names documents that were never received and means this version of the same set. */
function meansVersion(
  by: Sent,
  document: Document,
  standing: readonly Document[],
  documents: ReadonlyMap<string, Document>,
): boolean {
  if (by.setId === undefined || by.documentId === document.id || by.ends.some((id) => documents.has(id))) return false;
  const versions = standing.filter(({ id, last }) => last.setId === by.setId && id !== by.documentId);
  return versions.length === 1 && versions[0] === document && strangers(document.last, by) === undefined;
}

/** A report may take the place of another patient's when it speaks of this very study: the report was moved. */
function concerns(by: ReceivedReport, report: ReceivedReport, studyInstanceUID: string): boolean {
  return !isOtherPatient(by, report) || studiesOf(by.header).includes(studyInstanceUID);
}

function strangers(report: ReceivedReport, by: Sent): CodedError | undefined {
  const { header, message } = by;
  if (header !== undefined) return isOtherPatient(report, { header }) ? disagreement({ header }, report) : undefined;
  // A deletion without its document: the identifiers of PID are all there is.
  const { identifiers } = message.patient;
  const other = otherIdentifiers(identifiers, report.header.patient);
  if (other === undefined && sharesIdentifier(identifiers, report.header.patient)) return undefined;
  const text = identifiers.map(({ value }) => value).join(" ");
  return sourceErrors.fault("SOURCE_DELETION_DISAGREES", {
    values: other ?? { message: text, report: patientText(report) },
  });
}

function disagreement(by: Pick<ReceivedReport, "header">, report: ReceivedReport): CodedError {
  const values = { message: patientText(by), report: patientText(report) };
  return sourceErrors.fault("SOURCE_DELETION_DISAGREES", { values });
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
    differ(one.birthDate?.slice(0, 8), other.birthDate?.slice(0, 8), Object.is) ||
    differ(one.birthName?.family, other.birthName?.family, sameName)
  );
}

export function patientText({ header: { patient } }: Pick<ReceivedReport, "header">): string {
  const ids = [patient.ins?.matricule, ...patient.localIds.map(({ value }) => value)];
  return [...ids, patient.birthName?.family, patient.birthDate].filter((part) => part !== undefined).join(" ");
}
