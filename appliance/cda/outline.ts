/**
 * The outline of a CDA document, on its bytes: where the body is, and that the markup is whole.
 *
 * A report is a header of 20 kB and a body of up to some MB. Building the body's tree to read the header would block
 * the event loop for nothing, and so would decoding its base64. One linear pass finds the body the way an XML parser
 * would, comments, CDATA sections and quoted `>` included, and leaves it out.
 */
import { fault } from "./errors.ts";

/** Depth of nesting: real reports stay below 30. */
export const MAX_DEPTH = 64;
/** Elements of one document, body included: a long level 3 report has 6,000, and these take 20 ms. */
const MAX_ELEMENTS = 50_000;

export interface Outline {
  /** The document without the content of its body; well-formed if the document is. */
  readonly header: Buffer;
  readonly body: "nonXMLBody" | "structuredBody" | undefined;
}

const [LT, GT, SLASH, BANG, QUESTION] = [0x3c, 0x3e, 0x2f, 0x21, 0x3f];
const [QUOTE, APOSTROPHE, SPACE] = [0x22, 0x27, 0x20];

/**
 * Errors: `CDA_DOCTYPE`, `CDA_NOT_XML` (an end missing, tags that do not match, more than one root), `CDA_TOO_DEEP`.
 * The byte offset is in `where`.
 */
export function outline(document: Buffer): Outline {
  const open: string[] = [];
  let elements = 0;
  let body: Outline["body"];
  let bodyStart = -1;
  let bodyEnd = -1;

  for (let at = document.indexOf(LT); at >= 0; at = document.indexOf(LT, at)) {
    const kind = document[at + 1];
    if (kind === BANG || kind === QUESTION) {
      at = skipNonElement(document, at);
      continue;
    }
    const end = tagEnd(document, at);
    if (kind === SLASH) {
      const name = endTagName(document, at + 2, end);
      if (open.pop() !== name) throw notXml(at);
      if (bodyStart >= 0 && bodyEnd < 0 && open.length === 2) bodyEnd = at;
    } else {
      if (open.length === 0 && elements > 0) throw notXml(at);
      if (++elements > MAX_ELEMENTS) throw fault("CDA_TOO_DEEP", { details: { limit: MAX_ELEMENTS } });
      const name = tagName(document, at + 1, end);
      if (document[end - 1] !== SLASH) {
        if (open.length === MAX_DEPTH)
          throw fault("CDA_TOO_DEEP", { where: `byte ${at}`, details: { limit: MAX_DEPTH } });
        if (body === undefined && open.length === 2 && localName(open[1]) === "component") {
          body = bodyNamed(localName(name));
          if (body !== undefined) bodyStart = end + 1;
        }
        open.push(name);
      }
    }
    at = end + 1;
  }
  if (elements === 0 || open.length > 0) throw notXml(document.length);
  const header = bodyEnd < 0 ? document : Buffer.concat([document.subarray(0, bodyStart), document.subarray(bodyEnd)]);
  return { header, body };
}

function bodyNamed(name: string): Outline["body"] {
  return name === "nonXMLBody" || name === "structuredBody" ? name : undefined;
}

function localName(name: string | undefined): string {
  return name === undefined ? "" : name.slice(name.indexOf(":") + 1);
}

/** The offset after a comment, a CDATA section or a processing instruction; a DOCTYPE has no place in a report. */
function skipNonElement(document: Buffer, at: number): number {
  const rows = [
    ["<!--", "-->"],
    ["<![CDATA[", "]]>"],
    ["<?", "?>"],
  ] as const;
  for (const [start, end] of rows) {
    if (document.toString("latin1", at, at + start.length) !== start) continue;
    const found = document.indexOf(end, at + start.length, "latin1");
    // Two hyphens end a comment or have no place in it (XML 1.0, 2.5); parsers differ on what follows them.
    const broken = end === "-->" && document.indexOf("--", at + start.length, "latin1") !== found;
    if (found < 0 || broken) throw notXml(at);
    return found + end.length;
  }
  throw fault("CDA_DOCTYPE", { where: `byte ${at}` });
}

/** The offset of the `>` that ends a tag: not one inside a quoted attribute. */
function tagEnd(document: Buffer, at: number): number {
  for (let i = at + 1; i < document.length; i++) {
    const byte = document[i];
    if (byte === GT) return i;
    if (byte === LT) break;
    if (byte !== QUOTE && byte !== APOSTROPHE) continue;
    // Natively, for an attribute may hold a picture.
    i = document.indexOf(byte, i + 1);
    if (i < 0) break;
  }
  throw notXml(at);
}

function tagName(document: Buffer, start: number, end: number): string {
  let stop = start;
  while (stop < end && document[stop]! > SPACE && document[stop] !== SLASH) stop++;
  return document.toString("latin1", start, stop);
}

/** XML 1.0, 3.1: blanks may follow the name. */
function endTagName(document: Buffer, start: number, end: number): string {
  let stop = end;
  while (stop > start && document[stop - 1]! <= SPACE) stop--;
  return document.toString("latin1", start, stop);
}

function notXml(at: number) {
  return fault("CDA_NOT_XML", { where: `byte ${at}` });
}
