import { createHash } from "node:crypto";
import { type InstanceIdentifier, type ReportHeader, readReportHeader } from "../../cda/index.ts";
import type { OrderMessage, ReportMessage } from "../../hl7/index.ts";
import type { RejectionNote } from "../../kos/index.ts";

/** What came in, by what it is. */
export type ReceivedMessage = ReceivedReport | ReceivedDeletion | ReceivedOrder | ReceivedNote;

/** What the sendings of one document have in common. */
interface Sending<Sent> {
  /** Without the document: it is in the store, and nothing here needs its body. */
  readonly message: Sent;
  /** `root` or `root^extension` of the CDA. */
  readonly documentId: string;
  /**
   * The documents that it ends: those it replaces (relatedDocument, whatever the message says of itself, and TXA-13), or
   * itself when it is a deletion.
   */
  readonly ends: readonly string[];
  /** Of the CDA: what its versions have in common. */
  readonly setId: string | undefined;
  /** SHA-256 of the CDA bytes. */
  readonly documentDigest: Uint8Array;
}

type Message = Omit<ReportMessage, "document" | "action">;

/** A report that was made, or that takes the place of others. */
export interface ReceivedReport extends Sending<Message & { readonly action: "create" | "replace" }> {
  readonly kind: "report";
  readonly header: ReportHeader;
}

/** The deletion of a report; the CDA that travels with it may be missing. */
export interface ReceivedDeletion extends Sending<Message & { readonly action: "delete" }> {
  readonly kind: "deletion";
  readonly header: ReportHeader | undefined;
}

/** An imaging order, which says what a study is of before any report does. */
export interface ReceivedOrder {
  readonly kind: "order";
  readonly order: OrderMessage;
}

/** A rejection note of the PACS. */
export interface ReceivedNote {
  readonly kind: "note";
  readonly note: RejectionNote;
}

/** Reports on one exam that count, the latest last. */
export type Reports = readonly [...ReceivedReport[], ReceivedReport];

/** A report or a deletion, with what the rest of the room reads of it. Throws the coded error of a CDA that cannot be read. */
export function receivedReport(report: ReportMessage, timeZone: string): ReceivedReport | ReceivedDeletion {
  const { document, action, ...message } = report;
  const header = document && readReportHeader(document, { timeZone });
  const facts = {
    setId: header?.setId && identifierText(header.setId),
    documentDigest: createHash("sha256")
      .update(document ?? "")
      .digest(),
  };
  if (action === "delete") {
    const id = header?.id ?? message.transcription?.document;
    // A deletion without a CDA names its document in TXA-12: `hl7` takes no other.
    const documentId = id === undefined ? "" : identifierText(id);
    return { kind: "deletion", message: { ...message, action }, header, documentId, ends: [documentId], ...facts };
  }
  if (header === undefined) throw new TypeError("a report has its document");
  const documentId = identifierText(header.id);
  const sent = { ...message, action };
  return { kind: "report", message: sent, header, documentId, ends: parentsOf(sent, header), ...facts };
}

function parentsOf({ transcription }: ReceivedReport["message"], { replaces }: ReportHeader): string[] {
  const parents = [...replaces, ...(transcription?.parent === undefined ? [] : [transcription.parent])];
  return [...new Set(parents.map(identifierText))];
}

/** `root` or `root^extension`. */
export function identifierText(id: InstanceIdentifier): string {
  return id.extension === undefined ? id.root : `${id.root}^${id.extension}`;
}

/** The distinct studies that the report names, in order. */
export function studiesOf(header: ReportHeader): string[] {
  return [...new Set(header.serviceEvents.flatMap((event) => event.studyInstanceUID ?? []))];
}

/** The distinct accession numbers of the report, in order. */
export function accessionsOf(header: ReportHeader): string[] {
  return [...new Set(header.orders.flatMap((order) => order.accession?.extension ?? []))];
}

/** The structure that answers for the report: it keys the exam, signs for it and is told to the DMP. */
export function structureOf(header: ReportHeader): string | undefined {
  return header.legalAuthenticator?.organization?.id?.extension;
}

/** The report that speaks for the patient: the one that came last. */
export function latestOf(reports: Reports): ReceivedReport {
  return reports.at(-1) as ReceivedReport;
}

/** Digest of what a message says of its document besides its content: whether another says the same. */
export function substanceOf({ message }: ReceivedReport | ReceivedDeletion): Buffer {
  const { flags, patient, sender, visit } = message;
  return createHash("sha256")
    .update(JSON.stringify([flags, patient, sender, visit]))
    .digest();
}
