/** How a data set is laid out in bytes (PS3.5 annex A). */
export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  readonly explicit: boolean;
  readonly bigEndian: boolean;
  /** Pixel data may be fragments (PS3.5 A.4). */
  readonly encapsulated: boolean;
  /** The whole data set is a raw deflate stream (PS3.5 A.5). */
  readonly deflated: boolean;
}

const IMPLICIT = "1.2.840.10008.1.2";

const native = [
  syntax(IMPLICIT, "Implicit VR Little Endian", { explicit: false }),
  syntax(`${IMPLICIT}.1`, "Explicit VR Little Endian", {}),
  syntax(`${IMPLICIT}.1.99`, "Deflated Explicit VR Little Endian", { deflated: true }),
  syntax(`${IMPLICIT}.2`, "Explicit VR Big Endian", { bigEndian: true }),
] as const;

const encapsulated = (
  [
    ["1.98", "Encapsulated Uncompressed Explicit VR Little Endian"],
    ["4.50", "JPEG Baseline (Process 1)"],
    ["4.51", "JPEG Extended (Process 2 and 4)"],
    ["4.57", "JPEG Lossless, Non-Hierarchical (Process 14)"],
    ["4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction"],
    ["4.80", "JPEG-LS Lossless"],
    ["4.81", "JPEG-LS Lossy (Near-Lossless)"],
    ["4.90", "JPEG 2000 (Lossless Only)"],
    ["4.91", "JPEG 2000"],
    ["4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)"],
    ["4.93", "JPEG 2000 Part 2 Multi-component"],
    ["4.94", "JPIP Referenced"],
    ["4.100", "MPEG2 Main Profile / Main Level"],
    ["4.101", "MPEG2 Main Profile / High Level"],
    ["4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"],
    ["4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"],
    ["4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"],
    ["4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"],
    ["4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"],
    ["4.107", "HEVC/H.265 Main Profile / Level 5.1"],
    ["4.108", "HEVC/H.265 Main 10 Profile / Level 5.1"],
    ["4.110", "JPEG XL Lossless"],
    ["4.111", "JPEG XL JPEG Recompression"],
    ["4.112", "JPEG XL"],
    ["4.201", "High-Throughput JPEG 2000 (Lossless Only)"],
    ["4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"],
    ["4.203", "High-Throughput JPEG 2000"],
    ["5", "RLE Lossless"],
  ] as const
).map(([suffix, name]) => syntax(`${IMPLICIT}.${suffix}`, name, { encapsulated: true }));

/** The transfer syntaxes of PS3.6 table A-1, by UID. */
export const TransferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map(
  [...native, ...encapsulated].map((one) => [one.uid, one]),
);

export const ImplicitVRLittleEndian: TransferSyntax = native[0];
export const ExplicitVRLittleEndian: TransferSyntax = native[1];
export const DeflatedExplicitVRLittleEndian: TransferSyntax = native[2];
export const ExplicitVRBigEndian: TransferSyntax = native[3];

/**
 * The transfer syntax of a UID. One of the standard's own arc that this table does not know yet is explicit little endian
 * and encapsulated (PS3.5 A.4 holds for all of them); a private one may be anything: undefined.
 */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  const known = TransferSyntaxes.get(uid);
  if (known !== undefined) return known;
  if (!/^1\.2\.840\.10008\.1\.2\.[45](\.\d+)+$/.test(uid)) return undefined;
  return syntax(uid, "Unknown encapsulated transfer syntax", { encapsulated: true });
}

function syntax(uid: string, name: string, traits: Partial<TransferSyntax>): TransferSyntax {
  return { uid, name, explicit: true, bigEndian: false, encapsulated: false, deflated: false, ...traits };
}
