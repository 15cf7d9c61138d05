import type { DataSet } from "./data-set.ts";
import { deflate, inflate } from "./deflate.ts";
import type { Source } from "./element.ts";
import { encodeElements } from "./encoder.ts";
import { fault } from "./errors.ts";
import { type DicomLimits, dicomLimits } from "./limits.ts";
import { DataSetReader } from "./reader.ts";
import { Tags } from "./tags.ts";
import { type TransferSyntax, transferSyntaxOf } from "./transfer-syntax.ts";
import { isValidUID } from "./uid.ts";

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
  return syntax.deflated ? deflate(bytes) : bytes;
}

/** The transfer syntax itself or the one of a UID. Throws DICOM_TRANSFER_SYNTAX_UNKNOWN. */
export function asTransferSyntax(transferSyntax: TransferSyntax | string): TransferSyntax {
  if (typeof transferSyntax !== "string") return transferSyntax;
  const known = transferSyntaxOf(transferSyntax);
  if (known === undefined)
    throw fault("DICOM_TRANSFER_SYNTAX_UNKNOWN", {
      details: { uid: isValidUID(transferSyntax) ? transferSyntax : "?" },
    });
  return known;
}
