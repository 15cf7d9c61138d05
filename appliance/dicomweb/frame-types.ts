/** Media types of frames, and the transfer syntaxes that they are written in, the default first (PS3.18 table 8.7.3-5). */
const frameTypes: Readonly<Record<string, readonly string[]>> = {
  "image/jpeg": compressed("70", "50", "51", "57"),
  "image/jls": compressed("80", "81"),
  "image/jp2": compressed("90", "91"),
  "image/jpx": compressed("92", "93"),
  "image/jphc": compressed("201", "202", "203"),
  "image/jxl": compressed("110", "111", "112"),
  "image/dicom-rle": ["1.2.840.10008.1.2.5"],
  "video/mpeg2": compressed("100", "100.1", "101", "101.1"),
  "video/mp4": compressed("102", "102.1", "103", "103.1", "104", "104.1", "105", "105.1", "106", "106.1"),
  "video/h265": compressed("107", "108"),
};

/** What viewers still ask for: names of before the registration, and a slip of one client that many are made with. */
const formerly: Readonly<Record<string, string>> = {
  "image/x-jls": "image/jls",
  "image/x-dicom-rle": "image/dicom-rle",
  "image/jhc": "image/jphc",
  "video/mpeg": "video/mpeg2",
};

function compressed(...ends: readonly string[]): readonly string[] {
  return ends.map((end) => `1.2.840.10008.1.2.4.${end}`);
}

export const OCTET_STREAM = "application/octet-stream";

/**
 * The transfer syntaxes of a media type of frames, in lower case: all of its group for `image/*` or `video/*`. Undefined for
 * a type that no frame has.
 */
export function syntaxesOf(mediaType: string): readonly string[] | undefined {
  if (!mediaType.endsWith("/*")) return frameTypes[formerly[mediaType] ?? mediaType];
  const group = Object.keys(frameTypes).filter((type) => type.startsWith(mediaType.slice(0, -1)));
  return group.length === 0 ? undefined : group.flatMap((type) => frameTypes[type] ?? []);
}

/** The media type of the frames of a transfer syntax; bytes for those without compression. */
export function frameTypeOf(transferSyntax: string): string {
  const known = Object.entries(frameTypes).find(([, syntaxes]) => syntaxes.includes(transferSyntax));
  return known?.[0] ?? OCTET_STREAM;
}
