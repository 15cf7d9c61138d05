import { fault } from "./errors.ts";
import { Cursor, type MediaType, readMediaType } from "./media-type.ts";

/** One member of an Accept header (RFC 9110 12.5.1): `*` for any; `q` is not among the parameters. */
export interface MediaRange extends MediaType {
  /** From 0, which forbids, to 1. */
  readonly q: number;
}

/** The national profile sends ten members in 900 bytes; toolkits with every syntax they know, forty. */
const MOST_BYTES = 16 * 1024;
const MOST_MEMBERS = 128;

/** RFC 9110 12.4.2, and what is met besides: no digit before the point, more than three behind. */
const WEIGHT = /^(?:0?\.\d+|0\.?|1(?:\.0*)?)$/;

/**
 * The members of an Accept header, in order; `lines` are its field lines, for it may be repeated. Empty members are passed
 * over, as the list rule has it (RFC 9110 5.6.1). Throws DICOMWEB_ACCEPT_INVALID with the number of the member.
 */
export function parseAccept(lines: readonly string[]): MediaRange[] {
  const text = lines.join(",");
  if (text.length > MOST_BYTES) throw fault("DICOMWEB_ACCEPT_INVALID", { details: { member: "*" } });
  const cursor = new Cursor(text);
  const ranges: MediaRange[] = [];
  for (;;) {
    cursor.skip();
    if (cursor.ended) return ranges;
    if (cursor.take(",")) continue;
    const range = ranges.length < MOST_MEMBERS ? readRange(cursor) : undefined;
    if (range === undefined) throw fault("DICOMWEB_ACCEPT_INVALID", { details: { member: ranges.length + 1 } });
    ranges.push(range);
  }
}

function readRange(cursor: Cursor): MediaRange | undefined {
  const mediaType = readMediaType(cursor);
  if (mediaType === undefined || (mediaType.type === "*" && mediaType.subtype !== "*")) return undefined;
  const parameters = new Map(mediaType.parameters);
  const weight = parameters.get("q") ?? "1";
  parameters.delete("q");
  return WEIGHT.test(weight) ? { ...mediaType, parameters, q: Number(weight) } : undefined;
}

/** How much a media type without parameters is wanted: by the most specific range that includes it. 0 is not at all. */
export function weightOf(mediaType: string, ranges: readonly MediaRange[]): number {
  const [type, subtype] = mediaType.split("/");
  const including = ranges.filter(
    (range) => range.type === "*" || (range.type === type && (range.subtype === "*" || range.subtype === subtype)),
  );
  const [closest] = including.toSorted((one, other) => stars(one) - stars(other));
  return closest?.q ?? 0;
}

function stars({ type, subtype }: MediaRange): number {
  return Number(type === "*") + Number(subtype === "*");
}
