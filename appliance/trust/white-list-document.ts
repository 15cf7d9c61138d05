import { CodedError } from "../base/index.ts";
import { children, type Element, is, parseRoot } from "../xds/index.ts";
import { type DistinguishedName, nameKey, parseDistinguishedName } from "./distinguished-name.ts";
import { trustErrors } from "./errors.ts";

/** A line of the list (`Domaine`): a DRIMbox and who operates it. */
export interface Domain {
  /** `Identifiant`; several lines may share one. */
  readonly identifier: string;
  /** Host name that serves images (`db`). */
  readonly sourceHost: string;
  /** Host name of its viewer (`vi`). */
  readonly viewerHost?: string;
  readonly name: string;
  /** Subject of the client certificate of the box. */
  readonly distinguishedName: DistinguishedName;
  readonly support?: string;
}

/** What a white list says, not yet whether the ANS said it. */
export interface WhiteListDocument {
  readonly generatedAt: Date;
  readonly domains: readonly Domain[];
  /** Lines that cannot be read, from 1, and why: those boxes are not on the list. */
  readonly unreadable: readonly { readonly line: number; readonly reason: string }[];
}

/** The two namespaces that ANS has published the format under. */
const NAMESPACES = new Set([
  "https://listeblanche.mesimagesmedicales.fr/schema",
  "https://github.com/ansforge/DRIM-M_DATA",
]);
const VERSION = "1.0.0";
/** Longest text of an element. Names of certificates are at most a few hundred characters. */
const MAX_CHARACTERS = 2_048;

/**
 * Reads the national white list. Its size, depth and number of elements are bounded by the XML reader (4 MiB, 100,000 tags:
 * some 5,000 boxes). A line that cannot be read is left out, so that one slip of the pen does not cut every other box off.
 * @throws TRUST_WHITE_LIST_INVALID
 */
export function readWhiteListDocument(bytes: Uint8Array): WhiteListDocument {
  const root = rootOf(bytes);
  const namespace = root.namespaceURI ?? "";
  if (!is(root, namespace, "ListeBlancheDRIM-M") || !NAMESPACES.has(namespace)) throw invalid("another document");
  if (root.getAttribute("versionFormat") !== VERSION) throw invalid(`not of version ${VERSION}`);
  const generatedAt = readInstant(textOf(root, "DateDeGeneration"));
  if (generatedAt === undefined) throw invalid("no DateDeGeneration");
  const lists = children(root, namespace, "ListeDomaines");
  if (lists.length !== 1) throw invalid("not one ListeDomaines");
  const domains = new Map<string, Domain>();
  const unreadable: { line: number; reason: string }[] = [];
  for (const [at, element] of children(lists[0] as Element, namespace, "Domaine").entries()) {
    const domain = readDomain(element);
    if (typeof domain === "string") unreadable.push({ line: at + 1, reason: domain });
    // The same line twice is one line; the same certificate for another host is another.
    else domains.set(JSON.stringify([nameKey(domain.distinguishedName), domain.sourceHost]), domain);
  }
  // Nothing left is a broken file rather than a nation without boxes.
  if (domains.size === 0) throw invalid("no readable Domaine");
  return { generatedAt, domains: [...domains.values()], unreadable };
}

function rootOf(bytes: Uint8Array): Element {
  try {
    return parseRoot(bytes);
  } catch (cause) {
    throw invalid(cause instanceof CodedError ? cause.code : "not XML", cause);
  }
}

/** The line, or why it cannot be read. */
function readDomain(element: Element): Domain | string {
  const sourceHost = textOf(element, "db")?.toLowerCase();
  if (sourceHost === undefined || !isHostName(sourceHost)) return "db";
  const viewerHost = textOf(element, "vi")?.toLowerCase();
  if (viewerHost !== undefined && !isHostName(viewerHost)) return "vi";
  const support = textOf(element, "SupportContact");
  try {
    const distinguishedName = parseDistinguishedName(textOf(element, "DNCertificatOperateur") ?? "");
    // The empty name is a name (RFC 4514); on a list it would let a certificate without subject in.
    if (distinguishedName.rdns.length === 0) return "DNCertificatOperateur";
    return {
      identifier: textOf(element, "Identifiant") ?? "",
      sourceHost,
      ...(viewerHost !== undefined && { viewerHost }),
      name: textOf(element, "Denomination") ?? "",
      distinguishedName,
      ...(support !== undefined && { support }),
    };
  } catch {
    return "DNCertificatOperateur";
  }
}

/** The text of the only child of that name, trimmed; undefined when absent, empty, repeated, too long or not just text. */
function textOf(parent: Element, localName: string): string | undefined {
  const namespace = parent.namespaceURI ?? "";
  const [element, second] = children(parent, namespace, localName);
  if (element === undefined || second !== undefined || children(element).length > 0) return undefined;
  const text = element.textContent?.trim() ?? "";
  return text === "" || text.length > MAX_CHARACTERS ? undefined : text;
}

/** RFC 1123 2.1, at least two labels, at most 253 characters. */
function isHostName(text: string): boolean {
  return text.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** xsd:dateTime with its zone: without one it would be an instant of nobody knows where. */
function readInstant(text: string | undefined): Date | undefined {
  const [, wall, fraction = "", zone] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text ?? "") ?? [];
  if (wall === undefined) return undefined;
  const date = new Date(`${wall}${fraction.slice(0, 4)}${zone}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const invalid = (reason: string, cause?: unknown) =>
  trustErrors.fault("TRUST_WHITE_LIST_INVALID", { details: { reason }, ...(cause === undefined ? {} : { cause }) });
