import { createHash } from "node:crypto";
import { type InstanceIdentifier, type ReportHeader, readReportHeader } from "../../cda/index.ts";
import { type Charset, parseMessage, type ReportMessage, readReport } from "../../hl7/index.ts";

/** A report as received: the message, the header of its CDA, and what both are filed under. */
export interface ReceivedReport {
  /** Without the document: it is in the store, and nothing here needs its body. */
  readonly message: Omit<ReportMessage, "document">;
  readonly header: ReportHeader;
  /** `root` or `root^extension` of the CDA. */
  readonly documentId: string;
  /** SHA-256 of the CDA bytes. */
  readonly documentDigest: Uint8Array;
}

/** Reports on one exam that count, the latest last. */
export type Reports = readonly [...ReceivedReport[], ReceivedReport];

/** Reads a message that was accepted. Every later step starts from these bytes, never from a copy of what they said. */
export function readReceived(
  bytes: Buffer,
  { defaultCharset, timeZone }: { readonly defaultCharset: Charset; readonly timeZone: string },
): ReceivedReport {
  const { document, ...message } = readReport(parseMessage(bytes, { defaultCharset }));
  const header = readReportHeader(document, { timeZone });
  const documentDigest = createHash("sha256").update(document).digest();
  return { message, header, documentId: identifierText(header.id), documentDigest };
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
