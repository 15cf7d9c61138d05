/** MSH, as every kind of message must fill it (profile "Transmission d'un document CDA-R2", 1.3). */
import { readTime, said } from "../base/index.ts";
import { fault } from "./errors.ts";
import { requiredValue } from "./fields.ts";
import type { Message } from "./message.ts";
import type { MessageHead, Remark } from "./model.ts";
import type { Segment } from "./segment.ts";

/** How a message is read, whatever its kind. */
export interface HeadOptions {
  /** IANA zone of the site, for times without offset. Default `Europe/Paris`. */
  readonly timeZone?: string;
}

/** The fields without which an answer or a duplicate cannot be told. */
const required = [3, 4, 5, 6, 7, 9, 10, 11, 12];

/** Errors: `HL7_FIELD_MISSING`, `HL7_PROCESSING_ID`, `HL7_PLACEHOLDER`. The version is judged by the kind of message. */
export function readHead(message: Message, options: HeadOptions, remarks: Remark[]): MessageHead {
  const { msh } = message;
  for (const field of required) requiredValue(msh, field);
  const processingId = msh.value(11);
  if (!["P", "T", "D"].includes(processingId)) throw fault("HL7_PROCESSING_ID", { where: "MSH-11" });
  if (msh.value(17) !== "FRA") remarks.push({ code: "HL7_COUNTRY_NOT_FRA", where: "MSH-17" });
  if (msh.value(18) === "") remarks.push({ code: "HL7_CHARSET_NOT_DECLARED", where: "MSH-18" });
  refusePlaceholders(message);
  return said({
    controlId: msh.value(10),
    sendingApplication: msh.value(3),
    sendingFacility: msh.value(4),
    receivingApplication: msh.value(5),
    receivingFacility: msh.value(6),
    processingId,
    version: msh.value(12),
    sentAt: readSentAt(msh, options, remarks),
  });
}

/** From `YYYYMMDDHHMM` on: what says less does not tell which of two messages is the later. */
function readSentAt(msh: Segment, { timeZone = "Europe/Paris" }: HeadOptions, remarks: Remark[]): Date | undefined {
  const value = msh.value(7);
  const instant = /^\d{12}/.test(value) ? readTime(value, timeZone) : undefined;
  if (instant === undefined) remarks.push({ code: "HL7_SENT_AT_UNKNOWN", where: "MSH-7" });
  return instant;
}

/** Templates such as `{{applicationSupplier}}` (ANS data set, section 2): nobody filled the message in. */
function refusePlaceholders(message: Message): void {
  for (const segment of message.segments) {
    const open = segment.bytes.indexOf("{{");
    if (open >= 0 && segment.bytes.indexOf("}}", open) >= 0) throw fault("HL7_PLACEHOLDER", { where: segment.where() });
  }
}
