import { ExplicitVRLittleEndian } from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { OCTET_STREAM, syntaxesOf } from "./frame-types.ts";
import { type MediaRange, parseAccept } from "./media-range.ts";
import type { Resource } from "./path.ts";

/** In which form a resource is sent. */
export type Representation =
  /** Part 10 files, in parts or, one instance, alone. */
  | { readonly form: "multipart" | "single"; readonly transferSyntaxes: readonly string[] }
  /** Frames in parts. */
  | { readonly form: "frames"; readonly transferSyntaxes: readonly string[] }
  /** Values in parts or alone. */
  | { readonly form: "bulk-multipart" | "bulk-single" }
  | { readonly form: "json"; readonly contentType: string }
  | { readonly form: "jpeg" };

/** What `*` stands for: whatever the archive has, without compression first, then what loses nothing. */
export const ANY_SYNTAX: readonly string[] = [
  ExplicitVRLittleEndian.uid,
  ...["80", "70", "57", "90", "201", "202", "110"].map((end) => `1.2.840.10008.1.2.4.${end}`),
  "1.2.840.10008.1.2.5",
  ...["81", "91", "203", "50", "51", "92", "93", "111", "112"].map((end) => `1.2.840.10008.1.2.4.${end}`),
  ...["100", "101", "102", "103", "104", "105", "106"].map((end) => `1.2.840.10008.1.2.4.${end}`),
];

/** One way to send a resource, and how much it is wanted. */
interface Choice {
  readonly representation: Representation;
  readonly q: number;
}

type Form = "multipart" | "single" | "frames";

/**
 * The best form of a resource by the Accept header (RFC 9110 12.5.1, PS3.18 8.7). `lenient`: a request without the header
 * takes what comes, as RFC 9110 has it; PS3.18 8.7.5 would refuse it. Throws DICOMWEB_ACCEPT_INVALID, and
 * DICOMWEB_NOT_ACCEPTABLE with what can be had.
 */
export function negotiate(
  { what, sopInstanceUID }: Pick<Resource, "what" | "sopInstanceUID">,
  lines: readonly string[],
  { lenient }: { readonly lenient: boolean },
): Representation {
  const given = parseAccept(lines);
  const ranges = given.length === 0 && lenient ? parseAccept(["*/*"]) : given;
  const wanted = choices[what](ranges, sopInstanceUID !== undefined).filter(({ q }) => q > 0);
  // Of two that are wanted alike the one that is named first.
  const [best] = wanted.toSorted((one, other) => other.q - one.q);
  if (best === undefined) throw fault("DICOMWEB_NOT_ACCEPTABLE", { details: { available: available[what] } });
  return best.representation;
}

const choices: Readonly<Record<Resource["what"], (ranges: readonly MediaRange[], alone: boolean) => Choice[]>> = {
  objects: (ranges, alone) => [
    ...syntaxed("multipart", ranges, multipartObject),
    ...(alone ? syntaxed("single", ranges, singleObject) : []),
  ],
  frames: (ranges) => syntaxed("frames", ranges, frame),
  metadata: (ranges) =>
    ["application/dicom+json", "application/json"].map((contentType) => {
      return { representation: { form: "json", contentType }, q: weightOf(contentType, ranges) };
    }),
  bulkdata: (ranges) => [
    { representation: { form: "bulk-multipart" }, q: multipartWeight(OCTET_STREAM, ranges) },
    { representation: { form: "bulk-single" }, q: weightOf(OCTET_STREAM, ranges) },
  ],
  rendered: (ranges) => [{ representation: { form: "jpeg" }, q: weightOf("image/jpeg", ranges) }],
  thumbnail: (ranges) => [{ representation: { form: "jpeg" }, q: weightOf("image/jpeg", ranges) }],
};

const DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=…';
const available: Readonly<Record<Resource["what"], string>> = {
  objects: `${DICOM}, application/dicom (instance)`,
  frames: 'multipart/related; type="application/octet-stream"; transfer-syntax=…, type="image/jls"…',
  metadata: "application/dicom+json",
  bulkdata: 'multipart/related; type="application/octet-stream", application/octet-stream',
  rendered: "image/jpeg",
  thumbnail: "image/jpeg",
};

/** The syntaxes that a range asks for in a form, undefined when it does not mean that form. */
type Meaning = (range: MediaRange) => readonly string[] | undefined;

const multipartObject: Meaning = (range) => {
  const { type, subtype, parameters } = range;
  const related = isAnything(range) || (type === "multipart" && (subtype === "*" || subtype === "related"));
  const inner = parameters.get("type")?.toLowerCase() ?? "application/dicom";
  return related && inner === "application/dicom" ? syntaxesIn(range) : undefined;
};

const singleObject: Meaning = (range) => {
  const { type, subtype } = range;
  return type === "application" && (subtype === "*" || subtype === "dicom") ? syntaxesIn(range) : undefined;
};

/** Frames come in parts, though many ask for the type of a part only. */
const frame: Meaning = (range) => {
  const { type, subtype, parameters } = range;
  const related = type === "multipart" && (subtype === "*" || subtype === "related");
  const inner = related ? (parameters.get("type")?.toLowerCase() ?? OCTET_STREAM) : `${type}/${subtype}`;
  if (inner === OCTET_STREAM || inner === "*/*" || inner === "application/*") return syntaxesIn(range);
  const named = parameters.get("transfer-syntax");
  const known = inner === "image/*" || inner === "video/*" ? compressedAs(inner) : syntaxesOf(inner);
  if (known === undefined || named === undefined || named === "*") return known;
  return known.includes(named) ? [named] : undefined;
};

function compressedAs(group: string): readonly string[] {
  const prefix = group.slice(0, group.indexOf("/") + 1);
  return ANY_SYNTAX.filter((syntax) => prefixOf(syntax) === prefix);
}

function prefixOf(syntax: string): string {
  if (syntax === ExplicitVRLittleEndian.uid) return "application/";
  return /\.10[0-6]$/.test(syntax) ? "video/" : "image/";
}

/** PS3.18 8.7.3.5.2: without the parameter, Explicit VR Little Endian. */
function syntaxesIn({ parameters }: MediaRange): readonly string[] {
  const named = parameters.get("transfer-syntax");
  if (named === "*") return ANY_SYNTAX;
  return [named ?? ExplicitVRLittleEndian.uid];
}

/** One choice for a form: its syntaxes by falling weight. What is named outweighs what a wild card includes. */
function syntaxed(form: Form, ranges: readonly MediaRange[], meaning: Meaning): Choice[] {
  const weights = new Map<string, { readonly q: number; readonly named: boolean }>();
  for (const range of ranges) {
    const syntaxes = meaning(range) ?? [];
    const named = syntaxes.length === 1;
    for (const syntax of syntaxes) {
      const known = weights.get(syntax);
      if (known === undefined || (named && !known.named)) weights.set(syntax, { q: range.q, named });
    }
  }
  const wanted = [...weights].filter(([, { q }]) => q > 0).toSorted(([, one], [, other]) => other.q - one.q);
  const [best] = wanted;
  if (best === undefined) return [];
  return [{ representation: { form, transferSyntaxes: wanted.map(([syntax]) => syntax) }, q: best[1].q }];
}

/** The weight of a media type without parameters: that of the most specific range that includes it. */
function weightOf(mediaType: string, ranges: readonly MediaRange[]): number {
  const [type, subtype] = mediaType.split("/");
  const including = ranges
    .filter(
      (range) => isAnything(range) || (range.type === type && (range.subtype === "*" || range.subtype === subtype)),
    )
    .toSorted((one, other) => stars(one) - stars(other));
  return including[0]?.q ?? 0;
}

function multipartWeight(inner: string, ranges: readonly MediaRange[]): number {
  const fitting = ranges.filter(({ parameters }) => (parameters.get("type")?.toLowerCase() ?? inner) === inner);
  return weightOf("multipart/related", fitting);
}

function stars({ type, subtype }: MediaRange): number {
  return Number(type === "*") + Number(subtype === "*");
}

function isAnything({ type }: MediaRange): boolean {
  return type === "*";
}
