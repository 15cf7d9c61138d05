import { encodeDataSet, readDataSet } from "./codec.ts";
import { DataSet } from "./data-set.ts";
import type { Element } from "./element.ts";
import { type Tag, Tags } from "./tags.ts";
import { ExplicitVRLittleEndian, ImplicitVRLittleEndian, type TransferSyntax } from "./transfer-syntax.ts";

/** Where Other Patient IDs Sequence (0010,1002) stands in a data set, or would. */
export interface Insertion {
  /** Offset in the data set. */
  readonly at: number;
  /** Length of the element that stands there; 0 when there is none. */
  readonly replaces: number;
  /** Its items, in explicit VR little endian, as they stand. */
  readonly items: Uint8Array;
}

export interface PatientIdentifier {
  readonly id: string;
  /** OID of the authority that assigned it. */
  readonly issuerOID: string;
}

const TAG: Tag = Tags.OtherPatientIDsSequence;
const SEQUENCE_DELIMITATION_BYTES = 8;
/** The sequence without items, in explicit VR little endian. */
const EMPTY = "100002105351000000000000";

/**
 * Where the sequence is in a data set of explicit VR little endian, or encapsulated, whose elements have been read up to it or
 * further. Throws DICOM_* when what stands there is no sequence.
 */
export function locateInsertion(head: DataSet): Insertion {
  const { origin } = head;
  if (origin === undefined || !origin.encoding.explicit || origin.encoding.bigEndian) {
    throw new TypeError("not the head of a data set in explicit VR little endian");
  }
  const found = head.get(TAG);
  if (found !== undefined) {
    const items = itemsOf(found, origin.source.bytes);
    return { at: found.header - origin.start, replaces: found.end - found.header, items };
  }
  const next = [...head].find(({ tag }) => tag > TAG);
  return { at: (next?.header ?? origin.end) - origin.start, replaces: 0, items: new Uint8Array() };
}

function itemsOf(element: Element, bytes: Buffer): Uint8Array {
  const { vr, items, value, end, undefinedLength } = element;
  if (vr === "SQ") return bytes.subarray(value, undefinedLength ? end - SEQUENCE_DELIMITATION_BYTES : end);
  // PS3.5 6.2.2: whoever did not know the element wrote its value as UN, in implicit VR.
  const known = items ?? itemsIn(bytes.subarray(value, end), ImplicitVRLittleEndian, "1000021000000000");
  return encodeItems(known);
}

/** The items of the sequence whose value is given; `header` is that of an empty one. */
function itemsIn(value: Uint8Array, transferSyntax: TransferSyntax, header: string): readonly DataSet[] {
  return readDataSet(Buffer.concat([headerOf(value.length, header), value]), { transferSyntax }).items(TAG);
}

/**
 * The sequence, whole, in explicit VR little endian: the items that are there, byte for byte, and the identifier behind them,
 * unless one of them says it already (DB.SO.39).
 */
export function otherPatientIDs({
  items,
  identifier,
}: {
  readonly items: Uint8Array;
  readonly identifier: PatientIdentifier;
}): Buffer {
  const there = itemsIn(items, ExplicitVRLittleEndian, EMPTY);
  const added = there.some((item) => says(item, identifier)) ? Buffer.alloc(0) : itemOf(identifier);
  return Buffer.concat([headerOf(items.length + added.length, EMPTY), items, added]);
}

/** True when the items name somebody else by the same authority. */
export function contradicts(items: Uint8Array, { id, issuerOID }: PatientIdentifier): boolean {
  return itemsIn(items, ExplicitVRLittleEndian, EMPTY).some(
    (item) => issuerIn(item) === issuerOID && item.string(Tags.PatientID) !== id,
  );
}

function says(item: DataSet, { id, issuerOID }: PatientIdentifier): boolean {
  return item.string(Tags.PatientID) === id && issuerIn(item) === issuerOID;
}

function issuerIn(item: DataSet): string | undefined {
  return item.items(Tags.IssuerOfPatientIDQualifiersSequence)[0]?.string(Tags.UniversalEntityID);
}

/** An item of the sequence (PS3.3 C.7.1.1, 10.14). */
function itemOf({ id, issuerOID }: PatientIdentifier): Buffer {
  const issuer = new DataSet()
    .set(Tags.UniversalEntityID, "UT", issuerOID)
    .set(Tags.UniversalEntityIDType, "CS", "ISO");
  const item = new DataSet()
    .set(Tags.PatientID, "LO", id)
    .set(Tags.TypeOfPatientID, "CS", "TEXT")
    .set(Tags.IssuerOfPatientIDQualifiersSequence, "SQ", [issuer]);
  return encodeItems([item]);
}

function encodeItems(items: readonly DataSet[]): Buffer {
  return encodeDataSet(new DataSet().set(TAG, "SQ", items), ExplicitVRLittleEndian).subarray(EMPTY.length / 2);
}

/** The header of an empty sequence, in hexadecimal, with another length. */
function headerOf(length: number, empty: string): Buffer {
  const header = Buffer.from(empty, "hex");
  header.writeUInt32LE(length, header.length - 4);
  return header;
}
