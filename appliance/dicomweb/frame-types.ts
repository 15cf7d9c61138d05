/** Media types of frames, and the transfer syntaxes that they are written in (PS3.18 tables 8.7.3-4 and 8.7.3-5). */
const frameTypes: Readonly<Record<string, readonly string[]>> = {
  "image/jpeg": [
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
  ],
  "image/jls": ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"],
  "image/jp2": ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"],
  "image/jpx": ["1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"],
  "image/jphc": ["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"],
  "image/jxl": ["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"],
  "image/dicom-rle": ["1.2.840.10008.1.2.5"],
  "video/mpeg": ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.101"],
  "video/mp4": [
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.104",
    "1.2.840.10008.1.2.4.105",
    "1.2.840.10008.1.2.4.106",
  ],
};

export const OCTET_STREAM = "application/octet-stream";

/** What a media type stands for when it names no transfer syntax: its first. Undefined for another type. */
export function syntaxesOf(mediaType: string): readonly string[] | undefined {
  return frameTypes[mediaType];
}

/** The media type of the frames of a transfer syntax; bytes for those without compression. */
export function frameTypeOf(transferSyntax: string): string {
  const known = Object.entries(frameTypes).find(([, syntaxes]) => syntaxes.includes(transferSyntax));
  return known?.[0] ?? OCTET_STREAM;
}
