import { asTransferSyntax, encodeDataSet, readDataSet } from "./codec.ts";
import { DataSet } from "./data-set.ts";
import type { Source } from "./element.ts";
import { encodeElements } from "./encoder.ts";
import { fault } from "./errors.ts";
import { type DicomLimits, dicomLimits } from "./limits.ts";
import { DataSetReader } from "./reader.ts";
import { guessTransferSyntax, metaOffset, PREAMBLE_LENGTH } from "./structure.ts";
import { Tags } from "./tags.ts";
import { ExplicitVRLittleEndian, type TransferSyntax } from "./transfer-syntax.ts";

/** Who wrote the file (PS3.7 D.3.3.2): UID of our own under 2.25, and a name of at most 16 characters. */
export const IMPLEMENTATION_CLASS_UID = "2.25.106597361449258989840833980061552323672";
export const IMPLEMENTATION_VERSION_NAME = "DRIMBOX_1";

/** A DICOM file (PS3.10 7). */
export interface Part10File {
  /** 128 bytes, or none when the file has no preamble. */
  readonly preamble: Uint8Array;
  /** Group 0002; empty when the file has none. */
  readonly meta: DataSet;
  /** What the meta information says, or what the bytes show when it says nothing. */
  readonly transferSyntax: TransferSyntax;
  readonly dataSet: DataSet;
}

/** What `writePart10` needs: without `preamble` and `meta` both are made. */
export interface Part10Input {
  readonly preamble?: Uint8Array;
  readonly meta?: DataSet;
  readonly transferSyntax: TransferSyntax | string;
  readonly dataSet: DataSet;
}

/** The file header, and where the data set begins. */
export interface Part10Header {
  readonly preamble: Uint8Array;
  readonly meta: DataSet;
  readonly transferSyntax: TransferSyntax;
  readonly dataSetOffset: number;
}

/**
 * Reads a file from memory. A file without preamble, without meta information or without (0002,0000) or (0002,0010) is
 * recognised by its structure, never by the letters DICM alone; anything else is DICOM_NOT_DICOM.
 */
export function readPart10(bytes: Uint8Array, limits?: Partial<DicomLimits>): Part10File {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { dataSetOffset, ...header } = readPart10Header(buffer, true, { ...dicomLimits, ...limits })!;
  const { transferSyntax } = header;
  const dataSet = readDataSet(
    buffer.subarray(dataSetOffset),
    limits === undefined ? { transferSyntax } : { transferSyntax, limits },
  );
  return { ...header, dataSet };
}

/** The header from the first bytes of a file; undefined when more bytes are needed. `complete`: no more will come. */
export function readPart10Header(bytes: Buffer, complete: boolean, limits: DicomLimits): Part10Header | undefined {
  if (!complete && bytes.length < PREAMBLE_LENGTH + 12) return undefined;
  const metaStart = metaOffset(bytes);
  const source: Source = { bytes };
  const start = metaStart ?? 0;
  // Group 0002 ends where the next group begins: its length element is absent or wrong in too many files.
  const end = { tag: 0x00030000, ceiling: start + limits.metaBytes };
  const reader = new DataSetReader(source, start, ExplicitVRLittleEndian, limits, end);
  if (metaStart !== undefined && !reader.read(bytes.length, complete)) return undefined;
  const meta = reader.root;
  const dataSetOffset = reader.position;
  if (!complete && bytes.length < dataSetOffset + 8) return undefined;
  const uid = meta.string(Tags.TransferSyntaxUID);
  const transferSyntax = uid === undefined ? guessTransferSyntax(bytes, dataSetOffset) : asTransferSyntax(uid);
  if (transferSyntax === undefined) throw fault("DICOM_NOT_DICOM", { where: `byte ${dataSetOffset}` });
  const preamble = bytes.subarray(0, start >= PREAMBLE_LENGTH ? PREAMBLE_LENGTH : 0);
  return { preamble, meta, transferSyntax, dataSetOffset };
}

/**
 * Writes a file. What was read and not changed comes back byte for byte; the preamble of a file we make is zeros (PS3.10
 * 7.1: nothing can hide in it), and its meta information says the data set's own UIDs and the true transfer syntax.
 */
export function writePart10({ preamble, meta, transferSyntax, dataSet }: Part10Input): Buffer {
  const syntax = asTransferSyntax(transferSyntax);
  const head = preamble ?? Buffer.alloc(PREAMBLE_LENGTH);
  const prefix = Buffer.from(head.length === 0 ? "" : "DICM", "latin1");
  return Buffer.concat([head, prefix, encodeMeta(meta, syntax, dataSet), encodeDataSet(dataSet, syntax)]);
}

/** The meta information as given when it tells the truth about the data set; otherwise a new one (PS3.10 7.1). */
export function encodeMeta(
  meta: DataSet | undefined,
  transferSyntax: TransferSyntax | string,
  dataSet: DataSet,
): Buffer {
  const syntax = asTransferSyntax(transferSyntax);
  if (meta?.untouched && isTruthful(meta, syntax, dataSet))
    return encodeElements(meta, ExplicitVRLittleEndian, dicomLimits);
  const made = new DataSet()
    .set(Tags.FileMetaInformationVersion, "OB", Uint8Array.of(0, 1))
    .set(Tags.MediaStorageSOPClassUID, "UI", dataSet.string(Tags.SOPClassUID) ?? "")
    .set(Tags.MediaStorageSOPInstanceUID, "UI", dataSet.string(Tags.SOPInstanceUID) ?? "")
    .set(Tags.TransferSyntaxUID, "UI", syntax.uid)
    .set(Tags.ImplementationClassUID, "UI", IMPLEMENTATION_CLASS_UID)
    .set(Tags.ImplementationVersionName, "SH", IMPLEMENTATION_VERSION_NAME);
  const { length } = encodeElements(made, ExplicitVRLittleEndian, dicomLimits);
  return encodeElements(
    made.set(Tags.FileMetaInformationGroupLength, "UL", length),
    ExplicitVRLittleEndian,
    dicomLimits,
  );
}

/**
 * What was read with the data set stays with it, even when it was wrong, until one of the two changes. A meta information that
 * names no transfer syntax was read by structure and is written back as it was.
 */
function isTruthful(meta: DataSet, { uid }: TransferSyntax, dataSet: DataSet): boolean {
  const named = meta.string(Tags.TransferSyntaxUID);
  if (named !== undefined && named !== uid) return false;
  if (dataSet.untouched) return true;
  const { MediaStorageSOPClassUID, MediaStorageSOPInstanceUID, SOPClassUID, SOPInstanceUID } = Tags;
  return (
    meta.string(MediaStorageSOPClassUID) === dataSet.string(SOPClassUID) &&
    meta.string(MediaStorageSOPInstanceUID) === dataSet.string(SOPInstanceUID)
  );
}
