/** How the frames of a transfer syntax are coded, as far as the room knows. */
export type Coding =
  | "native"
  | "big-endian"
  | "rle"
  | "jpeg"
  | "jpeg-lossless"
  | "jpeg-ls"
  | "jpeg-2000"
  | "high-throughput-jpeg-2000";

const EXPLICIT = "1.2.840.10008.1.2.1";
const compressed = (end: string) => `1.2.840.10008.1.2.4.${end}`;

const codings: ReadonlyMap<string, Coding> = new Map([
  [EXPLICIT, "native"],
  [compressed("80"), "jpeg-ls"],
  [compressed("70"), "jpeg-lossless"],
  [compressed("57"), "jpeg-lossless"],
  [compressed("90"), "jpeg-2000"],
  [compressed("201"), "high-throughput-jpeg-2000"],
  [compressed("202"), "high-throughput-jpeg-2000"],
  ["1.2.840.10008.1.2.5", "rle"],
  [compressed("81"), "jpeg-ls"],
  [compressed("91"), "jpeg-2000"],
  [compressed("203"), "high-throughput-jpeg-2000"],
  [compressed("50"), "jpeg"],
  ["1.2.840.10008.1.2.2", "big-endian"],
]);

/** UIDs of the transfer syntaxes whose frames can be decoded and that a source may be asked for: lossless ones first. */
export const DECODABLE: readonly string[] = [...codings]
  .filter(([, coding]) => coding !== "big-endian")
  .map(([uid]) => uid);

/** UIDs of those in which frames can be encoded; none of them loses anything. */
export const ENCODABLE: readonly string[] = [
  EXPLICIT,
  compressed("80"),
  compressed("90"),
  compressed("201"),
  "1.2.840.10008.1.2.5",
];

/** Undefined for a transfer syntax that cannot be decoded. */
export function codingOf(uid: string): Coding | undefined {
  return codings.get(uid);
}

/** What loses something or nothing, as each stream says; the names of their methods with loss (PS3.3 C.7.6.1.1.5.1). */
export const PERHAPS_LOSSY: ReadonlyMap<string, string> = new Map([
  [compressed("91"), "ISO_15444_1"],
  [compressed("203"), "ISO_15444_15"],
]);

/** What always loses something, by the name of its method (PS3.3 C.7.6.1.1.5.1). */
export const LOSSY_METHODS: ReadonlyMap<string, string> = new Map([
  [compressed("50"), "ISO_10918_1"],
  [compressed("81"), "ISO_14495_1"],
]);
