/** Acknowledgements, original mode (v2.6 chapter 2.9.2; profile "Transmission d'un document CDA-R2", 1.8). */
import { isUtf8 } from "node:buffer";
import type { CodedError } from "../base/index.ts";
import { type Charset, charsetNamed, encode } from "./charset.ts";
import { type Condition, conditionOf } from "./conditions.ts";
import { escapeText, type Separators } from "./escape.ts";
import { Message, readSeparators } from "./message.ts";

/** AA: responsibility taken. AE: the content is faulty, do not resend as is. AR: circumstance, may be resent. */
export type AckCode = "AA" | "AE" | "AR";

export interface AckOptions {
  readonly code: AckCode;
  /** Why, for AE and AR. Becomes the ERR segment: location, tables 0357 and 0533, our code, a French sentence. */
  readonly error?: CodedError;
  /** ERR-3 and ERR-5 of an error that is not of this room; by default told from its code. */
  readonly condition?: Condition;
  /** MSH-10 of the acknowledgement. */
  readonly controlId: string;
  readonly now: Date;
}

const standard: Separators = { field: 0x7c, component: 0x5e, repetition: 0x7e, escape: 0x5c, subcomponent: 0x26 };
/** Longest field of the original that is echoed: MSH-3..6 are at most 227 in v2.6. */
const MAX_ECHO = 256;
/** As much of the original as is looked at: 20 fields of that length. */
const MAX_HEADER = 20 * MAX_ECHO;

/**
 * The answer to a message, parsed or not, without MLLP frame: always something a sender can read.
 *
 * MSH-3..6 are swapped; MSH-10, 11, 12, 18 and the delimiters are echoed byte for byte; MSH-21 is left out, as the
 * profile asks. Without a readable MSH the names are empty, MSA-2 too.
 */
export function buildAck(original: Message | Buffer, options: AckOptions): Buffer {
  const header = readHeader(original);
  const separators = header?.separators ?? standard;
  const [field = "|", component = "^"] = [separators.field, separators.component].map((c) => String.fromCharCode(c));
  const charset = header?.charset ?? "utf-8";
  const echo = (position: number, otherwise = ""): string => header?.echo(position) || otherwise;
  const text = (value: string): string => encode(escapeText(value, separators), charset).toString("latin1");

  const event = header?.event ?? "";
  const msh = [
    `MSH${field}${String.fromCharCode(separators.component, separators.repetition, separators.escape, separators.subcomponent)}`,
    echo(5),
    echo(6),
    echo(3),
    echo(4),
    timestamp(options.now),
    "",
    event === "" ? "ACK" : ["ACK", event, "ACK"].join(component),
    text(options.controlId),
    echo(11, "P"),
    echo(12, "2.5"),
    ...["", "", "", ""],
    "FRA",
    // The sender's set when we can write it, else the one we do write.
    header?.charset === undefined ? "UNICODE UTF-8" : echo(18),
  ];
  const segments = [msh, ["MSA", options.code, echo(10)]];
  if (options.error !== undefined) segments.push(errSegment(options.error, options.condition, component, text));
  return Buffer.from(segments.map((fields) => `${fields.join(field)}\r`).join(""), "latin1");
}

/** `YYYYMMDDHHMMSS+0000` (TS). */
function timestamp(instant: Date): string {
  return `${instant.toISOString().replace(/\D/g, "").slice(0, 14)}+0000`;
}

/** ERR of v2.5 and later: ERR-2 location, ERR-3 table 0357, ERR-4 E, ERR-5 table 0533, ERR-7 our code, ERR-8 French. */
function errSegment(
  error: CodedError,
  condition: Condition | undefined,
  component: string,
  text: (value: string) => string,
): string[] {
  const { code, application } = condition ?? conditionOf(error);
  const place = location(error.where);
  // A path inside the document has no form in ERR-2.
  const inside = place.length === 0 && error.where !== undefined ? ` ${error.where}` : "";
  return [
    "ERR",
    "",
    place.join(component),
    [code[0], text(code[1]), "messageErrorCondition"].join(component),
    "E",
    application === undefined ? "" : [application[0], text(application[1])].join(component),
    "",
    text(error.code + inside),
    text(error.text("fr")),
  ];
}

/** ERL: `OBX[2]-5[3].4.1` becomes segment, sequence, field, repetition, component, subcomponent. */
function location(where: string | undefined): string[] {
  const match = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?$/.exec(where ?? "");
  if (match === null) return [];
  const [, segment = "", sequence = "1", field, repetition, component, subcomponent] = match;
  if (field === undefined) return [segment, sequence];
  const parts = [segment, sequence, field, repetition ?? (component === undefined ? "" : "1"), component, subcomponent];
  return parts.filter((part): part is string => part !== undefined && part !== "");
}

interface Header {
  readonly separators: Separators;
  /** Of MSH-18, when it names one that we know. */
  readonly charset: Charset | undefined;
  /** MSH-9.2, in its safe characters. */
  readonly event: string;
  echo(field: number): string;
}

/** MSH as found, even when the rest of the message does not parse; one byte stays one character. */
function readHeader(original: Message | Buffer): Header | undefined {
  const msh =
    original instanceof Message ? original.msh.bytes : original.subarray(Math.max(0, original.indexOf("MSH")));
  const line = firstLine(msh.subarray(0, MAX_HEADER));
  const separators = separatorsOf(line);
  if (separators === undefined) return undefined;
  const fields = line.toString("latin1").split(String.fromCharCode(separators.field));
  const [set = ""] = (fields[17] ?? "").split(String.fromCharCode(separators.repetition));
  const charset = charsetNamed(set);
  const echo = (position: number): string => clean((fields[position - 1] ?? "").slice(0, MAX_ECHO), charset ?? "utf-8");
  const event = echo(9).split(String.fromCharCode(separators.component))[1] ?? "";
  return {
    separators,
    charset,
    event: event.replace(/[^A-Z0-9]/g, "").slice(0, 3),
    echo,
  };
}

function separatorsOf(line: Buffer): Separators | undefined {
  try {
    return readSeparators(line);
  } catch {
    return undefined;
  }
}

function firstLine(bytes: Buffer): Buffer {
  const end = bytes.findIndex((byte) => byte === 0x0d || byte === 0x0a);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** No control byte of a sender gets into a segment of ours, and no byte that is not of its character set. */
function clean(field: string, charset: Charset): string {
  const text = field.replace(/[\x00-\x1f\x7f]/g, "");
  const valid = charset === "latin1" || charset === "latin9" || isUtf8(Buffer.from(text, "latin1"));
  return valid ? text : text.replace(/[\x80-\xff]/g, "?");
}
