import { createHash } from "node:crypto";
import { type InstanceIdentifier, type ReportHeader, readReportHeader } from "../../cda/index.ts";
import { type Charset, parseMessage, type ReportMessage, readReport } from "../../hl7/index.ts";
import type { WaitingMessage } from "../../store/index.ts";

/** A report as received: the message, the header of its CDA, and what both are filed under. */
export interface ReceivedReport {
  readonly message: ReportMessage;
  readonly header: ReportHeader;
  /** `root` or `root^extension` of the CDA. */
  readonly documentId: string;
  /** SHA-256 of the CDA bytes. */
  readonly documentDigest: Uint8Array;
}

/** How the messages of this site are read; the same for the answer at the door and for every later step. */
export interface ReadingOptions {
  /** What an empty MSH-18 means for the sender at `address`. */
  readonly defaultCharset: (address: string) => Charset;
  /** IANA time zone of the site, for times without an offset. */
  readonly timeZone: string;
}

/** Reads a message that was accepted. Every later step starts from these bytes, never from a copy of what they said. */
export function readReceived(
  received: Pick<WaitingMessage, "bytes" | "peer">,
  options: ReadingOptions,
): ReceivedReport {
  const { buffer, byteOffset, byteLength } = received.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const message = readReport(parseMessage(bytes, { defaultCharset: options.defaultCharset(received.peer) }));
  const header = readReportHeader(message.document, { timeZone: options.timeZone });
  return {
    message,
    header,
    documentId: identifierText(header.id),
    documentDigest: createHash("sha256").update(message.document).digest(),
  };
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
export function latestOf(reports: readonly [ReceivedReport, ...ReceivedReport[]]): ReceivedReport {
  return reports.at(-1) as ReceivedReport;
}
