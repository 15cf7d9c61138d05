import { ExplicitVRLittleEndian, isValidUID, transferSyntaxOf } from "../dicom/index.ts";
import { type MediaRange, parseAccept, weightOf } from "./accept.ts";
import { fault } from "./errors.ts";
import { OCTET_STREAM, syntaxesOf } from "./frame-types.ts";
import type { Resource } from "./path.ts";
import { mediaTypesOf, type What } from "./routes.ts";

/** In which form a resource is sent; transfer syntaxes by UID, the best first. */
export type Representation =
  /** Part 10 files, in parts or, one instance, alone. */
  | { readonly form: "multipart" | "single"; readonly transferSyntaxes: readonly string[] }
  /** Frames in parts. */
  | { readonly form: "frames"; readonly transferSyntaxes: readonly string[] }
  /** Values in parts or alone. */
  | { readonly form: "bulk-multipart" | "bulk-single" }
  | { readonly form: "json"; readonly contentType: string }
  | { readonly form: "jpeg" };

/** What `*` stands for: without compression first, then what loses nothing, then the rest. */
export const ANY_SYNTAX: readonly string[] = [
  ExplicitVRLittleEndian.uid,
  ...["80", "70", "57", "90", "201", "202", "110"].map((end) => `1.2.840.10008.1.2.4.${end}`),
  "1.2.840.10008.1.2.5",
  ...["81", "91", "203", "50", "51", "92", "93", "111", "112"].map((end) => `1.2.840.10008.1.2.4.${end}`),
  ...(syntaxesOf("video/*") ?? []),
];

/**
 * What other boxes of the network ask for, best first: the weights of the sample that the requirements give (2I.88), of those that
 * weigh the same the order of the sample.
 */
export const NETWORK_SYNTAXES: readonly string[] = [
  ...["70", "80", "91", "50", "51", "100", "101", "102", "103"].map((end) => `1.2.840.10008.1.2.4.${end}`),
  ExplicitVRLittleEndian.uid,
];

/** One way to send a resource, and how much it is wanted. */
interface Choice {
  readonly representation: Representation;
  readonly q: number;
}

export interface NegotiateOptions {
  /** A request without Accept takes what comes, as RFC 9110 12.5.1 has it; PS3.18 8.7.5 would have it refused. */
  readonly lenient: boolean;
}

/**
 * The best form of a resource by the Accept header (RFC 9110 12.5.1, PS3.18 8.7): `lines` are its field lines. Throws
 * DICOMWEB_ACCEPT_INVALID, and DICOMWEB_NOT_ACCEPTABLE with what can be had.
 */
export function negotiate(
  { what, sopInstanceUID }: Pick<Resource, "what" | "sopInstanceUID">,
  lines: readonly string[],
  { lenient }: NegotiateOptions,
): Representation {
  const given = parseAccept(lines);
  const ranges = given.length === 0 && lenient ? parseAccept(["*/*"]) : given;
  const alone = sopInstanceUID !== undefined;
  const best = bestOf(choices[what](ranges, alone));
  if (best === undefined) throw notAcceptable(mediaTypesOf(what, alone));
  return best.representation;
}

/** The one of these media types, best first, that is wanted most; throws like `negotiate`. Without Accept the first. */
export function preferredOf(mediaTypes: readonly string[], lines: readonly string[]): string {
  const ranges = parseAccept(lines);
  if (ranges.length === 0 && mediaTypes[0] !== undefined) return mediaTypes[0];
  const best = bestOf(mediaTypes.map((mediaType) => ({ mediaType, q: weightOf(mediaType, ranges) })));
  if (best === undefined) throw notAcceptable(mediaTypes);
  return best.mediaType;
}

/** Of two that are wanted alike the first. */
function bestOf<T extends { readonly q: number }>(wanted: readonly T[]): T | undefined {
  return wanted.filter(({ q }) => q > 0).toSorted((one, other) => other.q - one.q)[0];
}

function notAcceptable(mediaTypes: readonly string[]) {
  const available = mediaTypes.map((one) => one.replace(/application\/dicom"?$/, "$&; transfer-syntax=…"));
  return fault("DICOMWEB_NOT_ACCEPTABLE", { details: { available: available.join(", ") } });
}

const choices: Readonly<Record<What, (ranges: readonly MediaRange[], alone: boolean) => Choice[]>> = {
  objects: (ranges, alone) => [
    ...syntaxed("multipart", ranges, multipartObject),
    ...(alone ? syntaxed("single", ranges, singleObject) : []),
  ],
  frames: (ranges) => syntaxed("frames", ranges, frame),
  metadata: (ranges) =>
    mediaTypesOf("metadata", false).map((contentType) => {
      return { representation: { form: "json", contentType }, q: weightOf(contentType, ranges) };
    }),
  bulkdata: (ranges) => [
    { representation: { form: "bulk-multipart" }, q: weightOf("multipart/related", ranges.filter(ofBytes)) },
    { representation: { form: "bulk-single" }, q: weightOf(OCTET_STREAM, ranges) },
  ],
  rendered: (ranges) => [{ representation: { form: "jpeg" }, q: weightOf("image/jpeg", ranges) }],
  thumbnail: (ranges) => [{ representation: { form: "jpeg" }, q: weightOf("image/jpeg", ranges) }],
};

/** The syntaxes that a range asks for in a form, none when it does not mean that form. */
type Meaning = (range: MediaRange) => readonly string[];

const multipartObject: Meaning = (range) => {
  const meant = isRelated(range) && [undefined, "application/dicom", "application/*", "*/*"].includes(innerType(range));
  return meant ? syntaxesIn(range) : [];
};

const singleObject: Meaning = (range) => {
  const { type, subtype } = range;
  return type === "application" && (subtype === "*" || subtype === "dicom") ? syntaxesIn(range) : [];
};

/** Frames come in parts, though many ask for the type of a part only. */
const frame: Meaning = (range) => {
  const { type, subtype } = range;
  const mediaType = isRelated(range) ? (innerType(range) ?? OCTET_STREAM) : `${type}/${subtype}`;
  if ([OCTET_STREAM, "application/*", "*/*"].includes(mediaType)) return syntaxesIn(range);
  const syntaxes = syntaxesOf(mediaType) ?? [];
  const named = syntaxNamed(range) ?? "*";
  return named === "*" ? syntaxes : syntaxes.filter((syntax) => syntax === named);
};

function isRelated({ type, subtype }: MediaRange): boolean {
  return type === "*" || (type === "multipart" && (subtype === "*" || subtype === "related"));
}

/** RFC 2387 3.1. */
function innerType({ parameters }: MediaRange): string | undefined {
  return parameters.get("type")?.toLowerCase();
}

function ofBytes(range: MediaRange): boolean {
  return [undefined, OCTET_STREAM, "application/*", "*/*"].includes(innerType(range));
}

function syntaxNamed({ parameters }: MediaRange): string | undefined {
  return parameters.get("transfer-syntax");
}

/**
 * PS3.18 8.7.3.5.2: without the parameter, Explicit VR Little Endian. Neither Implicit VR nor Big Endian is sent over the web,
 * and what is no transfer syntax cannot be had.
 */
function syntaxesIn(range: MediaRange): readonly string[] {
  const named = syntaxNamed(range) ?? ExplicitVRLittleEndian.uid;
  if (named === "*") return ANY_SYNTAX;
  const sendable = named === ExplicitVRLittleEndian.uid || transferSyntaxOf(named)?.encapsulated === true;
  return sendable && isValidUID(named) ? [named] : [];
}

/** One choice for a form: its syntaxes by falling weight, each by the closest range that includes it. */
function syntaxed(form: "multipart" | "single" | "frames", ranges: readonly MediaRange[], meaning: Meaning): Choice[] {
  const closest = new Map<string, MediaRange>();
  for (const range of ranges) {
    for (const syntax of meaning(range)) {
      const known = closest.get(syntax);
      if (known === undefined || closeness(range) > closeness(known)) closest.set(syntax, range);
    }
  }
  const wanted = [...closest].filter(([, { q }]) => q > 0).toSorted(([, one], [, other]) => other.q - one.q);
  const transferSyntaxes = wanted.map(([syntax]) => syntax);
  return wanted.slice(0, 1).map(([, { q }]) => ({ representation: { form, transferSyntaxes }, q }));
}

/** How much a range says: what names a transfer syntax outweighs what means it by default, and that a wild card. */
function closeness(range: MediaRange): number {
  const { type, subtype } = range;
  const named = syntaxNamed(range);
  const syntax = named === undefined ? 1 : named === "*" ? 0 : 4;
  const inner = innerType(range) ?? "*";
  return syntax + Number(type !== "*") + Number(subtype !== "*") + Number(!inner.includes("*"));
}
