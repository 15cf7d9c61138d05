import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { DataSet } from "./data-set.ts";
import type { Source } from "./element.ts";
import { encodeElements } from "./encoder.ts";
import { fault } from "./errors.ts";
import { type DicomLimits, dicomLimits } from "./limits.ts";
import { DataSetReader } from "./reader.ts";
import { Tags } from "./tags.ts";
import { type TransferSyntax, transferSyntaxOf } from "./transfer-syntax.ts";

/** A small deflated data set may grow to this whatever the ratio: 200 times 5 bytes is no ceiling. */
const SMALL_INFLATED = 1024 * 1024;

export interface ReadOptions {
  /** The transfer syntax or its UID. */
  readonly transferSyntax: TransferSyntax | string;
  readonly limits?: Partial<DicomLimits>;
}

/**
 * Reads a whole data set from memory (PS3.5 7). The bytes are kept, not copied: values are views of them, so they must not be
 * changed afterwards. Throws a coded error on bytes that do not follow the transfer syntax or claim more than the limits.
 */
export function readDataSet(bytes: Uint8Array, { transferSyntax, limits }: ReadOptions): DataSet {
  const syntax = asTransferSyntax(transferSyntax);
  const bounds = { ...dicomLimits, ...limits };
  const plain = syntax.deflated ? inflate(bytes, bounds) : bytes;
  const source: Source = { bytes: Buffer.from(plain.buffer, plain.byteOffset, plain.length) };
  const reader = new DataSetReader(source, 0, syntax, bounds);
  reader.read(plain.length, true);
  const { root } = reader;
  // Zeros behind the last element belong to the bytes that are written back.
  root.origin!.end = plain.length;
  if (syntax.deflated) root.origin!.deflated = bytes;
  return root;
}

/**
 * Writes a data set in a transfer syntax. Untouched data sets of that syntax come back byte for byte; any other is laid out
 * anew, sequences keeping their defined or undefined lengths. Pixel data is never transcoded: throws DICOM_NOT_TRANSCODABLE.
 */
export function encodeDataSet(dataSet: DataSet, transferSyntax: TransferSyntax | string): Buffer {
  const syntax = asTransferSyntax(transferSyntax);
  if (!syntax.encapsulated && dataSet.fragments(Tags.PixelData) !== undefined) {
    throw fault("DICOM_NOT_TRANSCODABLE", { where: "(7FE0,0010)", details: { uid: syntax.uid } });
  }
  const { origin } = dataSet;
  if (syntax.deflated && origin?.deflated !== undefined && dataSet.untouched) return Buffer.from(origin.deflated);
  const bytes = encodeElements(dataSet, syntax, dicomLimits);
  if (!syntax.deflated) return bytes;
  const deflated = deflateRawSync(bytes);
  // PS3.5 A.5: a deflated stream of odd length is followed by one null byte.
  return deflated.length & 1 ? Buffer.concat([deflated, Buffer.alloc(1)]) : deflated;
}

/** The transfer syntax itself or the one of a UID. Throws DICOM_TRANSFER_SYNTAX_UNKNOWN. */
export function asTransferSyntax(transferSyntax: TransferSyntax | string): TransferSyntax {
  if (typeof transferSyntax !== "string") return transferSyntax;
  const known = transferSyntaxOf(transferSyntax);
  if (known === undefined)
    throw fault("DICOM_TRANSFER_SYNTAX_UNKNOWN", { details: { uid: transferSyntax.slice(0, 64) } });
  return known;
}

function inflate(bytes: Uint8Array, limits: DicomLimits): Buffer {
  const limit = inflateLimit(bytes.length, limits);
  try {
    return inflateRawSync(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw fault("DICOM_INFLATE_LIMIT", { details: { limit } });
    }
    throw fault("DICOM_INFLATE_INVALID", { cause });
  }
}

/** What `length` deflated bytes may become. */
function inflateLimit(length: number, limits: DicomLimits): number {
  return Math.min(limits.inflatedBytes, Math.max(SMALL_INFLATED, length * limits.inflateRatio));
}
