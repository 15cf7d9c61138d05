/** Syslog as IHE uses it (ITI TF-2 3.20.4.1.2.1): RFC 5424 in the frames of RFC 5425. */
import type { AuditSource } from "./message.ts";

/** Facility 10 (security), severity 5 (notice): ITI-20. */
const PRIORITY = 10 * 8 + 5;
const APPLICATION = "DRIMbox";

/** `IHE+RFC-3881` is what older repositories select on. */
export type MessageId = "DICOM+RFC3881" | "IHE+RFC-3881";

/** An audit message in its frame: length in bytes, space, header, byte order mark, XML. */
export function syslogFrame(xml: string, at: Date, source: AuditSource, messageId: MessageId): Buffer {
  const header = `<${PRIORITY}>1 ${at.toISOString()} ${printable(source.host)} ${APPLICATION} ${source.processId} ${messageId} -`;
  const message = Buffer.from(`${header} \ufeff${xml}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** HOSTNAME: printable US-ASCII, at most 255 (RFC 5424, section 6). */
function printable(host: string): string {
  return host.replace(/[^\x21-\x7e]/g, "").slice(0, 255) || "-";
}
