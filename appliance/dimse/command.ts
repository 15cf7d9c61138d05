import { ABORT_REASONS } from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";

/** Command Field values (PS3.7 E.1-1); a response is its request with the high bit. */
export const Commands = {
  cStore: 0x0001,
  cGet: 0x0010,
  cFind: 0x0020,
  cMove: 0x0021,
  cEcho: 0x0030,
  cCancel: 0x0fff,
} as const;

export const RESPONSE = 0x8000;
/** Command Data Set Type: no data set follows; any other value says that one does. */
export const NO_DATA_SET = 0x0101;
export const DATA_SET_FOLLOWS = 0x0000;

export const Priorities = { medium: 0, high: 1, low: 2 } as const;
export type Priority = keyof typeof Priorities;

/** A command set (PS3.7 E.1): group 0000, always implicit little endian. Only the command field is always there. */
export interface CommandSet {
  readonly affectedSOPClassUID?: string;
  readonly requestedSOPClassUID?: string;
  readonly commandField: number;
  readonly messageID?: number;
  readonly messageIDBeingRespondedTo?: number;
  readonly moveDestination?: string;
  readonly priority?: number;
  readonly commandDataSetType?: number;
  readonly status?: number;
  readonly errorComment?: string;
  readonly affectedSOPInstanceUID?: string;
  readonly requestedSOPInstanceUID?: string;
  readonly eventTypeID?: number;
  readonly actionTypeID?: number;
  readonly numberOfRemainingSuboperations?: number;
  readonly numberOfCompletedSuboperations?: number;
  readonly numberOfFailedSuboperations?: number;
  readonly numberOfWarningSuboperations?: number;
  readonly moveOriginatorAETitle?: string;
  readonly moveOriginatorMessageID?: number;
}

type Field = keyof CommandSet;

const TEXT = "text";
const UID = "uid";
const US = "us";

/** Element number of group 0000, field, kind of value; in ascending order, as they must be written. */
const FIELDS: readonly (readonly [element: number, field: Field, kind: typeof TEXT | typeof UID | typeof US])[] = [
  [0x0002, "affectedSOPClassUID", UID],
  [0x0003, "requestedSOPClassUID", UID],
  [0x0100, "commandField", US],
  [0x0110, "messageID", US],
  [0x0120, "messageIDBeingRespondedTo", US],
  [0x0600, "moveDestination", TEXT],
  [0x0700, "priority", US],
  [0x0800, "commandDataSetType", US],
  [0x0900, "status", US],
  [0x0902, "errorComment", TEXT],
  [0x1000, "affectedSOPInstanceUID", UID],
  [0x1001, "requestedSOPInstanceUID", UID],
  [0x1002, "eventTypeID", US],
  [0x1008, "actionTypeID", US],
  [0x1020, "numberOfRemainingSuboperations", US],
  [0x1021, "numberOfCompletedSuboperations", US],
  [0x1022, "numberOfFailedSuboperations", US],
  [0x1023, "numberOfWarningSuboperations", US],
  [0x1030, "moveOriginatorAETitle", TEXT],
  [0x1031, "moveOriginatorMessageID", US],
];
const BY_ELEMENT = new Map(FIELDS.map(([element, field, kind]) => [element, { field, kind }]));

/** Group, element, length. */
const HEADER = 8;
const GROUP = 0x0000;
const GROUP_LENGTH = 0x0000;

/** The bytes of a command set, group length included. */
export function encodeCommand(command: CommandSet): Buffer {
  const elements: Buffer[] = [];
  for (const [element, field, kind] of FIELDS) {
    const value = command[field];
    if (value !== undefined) elements.push(encodeElement(element, value, kind === UID ? "\0" : " "));
  }
  const body = Buffer.concat(elements);
  const groupLength = Buffer.alloc(HEADER + 4);
  groupLength.writeUInt16LE(GROUP_LENGTH, 2);
  groupLength.writeUInt32LE(4, 4);
  groupLength.writeUInt32LE(body.length, HEADER);
  return Buffer.concat([groupLength, body]);
}

/**
 * Reads a command set. Elements that we do not use are skipped, in any order; the group length is not trusted. So are those of
 * other groups: Orthanc puts Failed SOP Instance UID List (0008,0058) into the command of its last C-GET response.
 * @throws InvalidPdu when it is cut, or has no command field.
 */
export function decodeCommand(bytes: Buffer): CommandSet {
  const fields: Partial<Record<Field, string | number>> = {};
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes.length - offset < HEADER) throw invalid("element header");
    const element = bytes.readUInt16LE(offset + 2);
    const length = bytes.readUInt32LE(offset + 4);
    const start = offset + HEADER;
    if (length > bytes.length - start) throw invalid("element");
    const known = bytes.readUInt16LE(offset) === GROUP ? BY_ELEMENT.get(element) : undefined;
    const value = bytes.subarray(start, start + length);
    if (known?.kind === US) {
      if (length >= 2) fields[known.field] = value.readUInt16LE(0);
    } else if (known !== undefined) {
      const text = value.toString("latin1").replace(/[\0 ]+$/, "");
      fields[known.field] = known.kind === UID ? text : text.trimStart();
    }
    offset = start + length;
  }
  const { commandField, ...others } = fields as Partial<CommandSet>;
  if (commandField === undefined) throw invalid("no command field");
  return { ...others, commandField };
}

function encodeElement(element: number, value: string | number, padding: string): Buffer {
  const text = typeof value === "string" ? (value.length % 2 === 0 ? value : value + padding) : undefined;
  const length = text?.length ?? 2;
  const bytes = Buffer.alloc(HEADER + length);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(length, 4);
  if (text === undefined) bytes.writeUInt16LE(value as number, HEADER);
  else bytes.write(text, HEADER, "latin1");
  return bytes;
}

function invalid(problem: string): InvalidPdu {
  return new InvalidPdu(ABORT_REASONS.invalidParameter, `command set: ${problem}`);
}
