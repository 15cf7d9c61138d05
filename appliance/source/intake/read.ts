import { type Charset, parseMessage, readMessage } from "../../hl7/index.ts";
import { readRejectionNote } from "../../kos/index.ts";
import type { MessageKind } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { type ReceivedMessage, receivedReport } from "./report.ts";

export interface ReadOptions {
  /** What an empty MSH-18 means. */
  readonly defaultCharset: Charset;
  /** IANA time zone of the site, for times without an offset. */
  readonly timeZone: string;
}

/**
 * Reads a message that was accepted. Every later step starts from these bytes, never from a copy of what they said.
 * Throws the coded error of what cannot be read.
 */
export function readReceived(kind: MessageKind, bytes: Buffer, options: ReadOptions): ReceivedMessage {
  if (kind === "dicom") {
    const note = readRejectionNote(bytes);
    if (note === undefined) throw sourceErrors.fault("SOURCE_INTERNAL", { where: "note" });
    return { kind: "note", note };
  }
  const read = readMessage(parseMessage(bytes, { defaultCharset: options.defaultCharset }), {
    timeZone: options.timeZone,
  });
  return read.kind === "order" ? { kind: "order", order: read.order } : receivedReport(read.report, options.timeZone);
}
