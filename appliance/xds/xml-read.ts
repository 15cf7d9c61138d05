import { DOMParser, type Document, type Element, type Node } from "@xmldom/xmldom";
import { CodedError } from "../base/index.ts";
import { xdsErrors } from "./errors.ts";
import { hasForbiddenCharacter } from "./xml-write.ts";

export type { Element } from "@xmldom/xmldom";

/** Largest XML document read. A registry writes some 15 kB about one document: a few hundred fit. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Most `<` in a document: bounds elements, depth and parser time (0.4 s at worst, measured) before parsing. */
const MAX_MARKUP = 100_000;
/** Deepest nesting kept, so that later recursive walks are safe. SOAP answers stay under 20. */
const MAX_DEPTH = 64;

/**
 * Parses a document without DTD and checks every node of it: size, depth, characters.
 * @throws XDS_XML_UNREADABLE, XDS_XML_FORBIDDEN, XDS_XML_TOO_LARGE
 */
export function parseXml(source: Uint8Array | string): Document {
  const text = typeof source === "string" ? source : decode(source);
  if (text.length > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES} characters`);
  if (text.includes("<!DOCTYPE")) throw forbidden("DOCTYPE");
  if (count(text, "<", MAX_MARKUP) > MAX_MARKUP) throw tooLarge(`more than ${MAX_MARKUP} tags`);
  let document: Document;
  try {
    document = new DOMParser({ locator: false, onError: refuse, normalizeLineEndings }).parseFromString(
      text,
      "text/xml",
    );
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw unreadable("not well-formed", cause);
  }
  checkNodes(document);
  return document;
}

/** The root element of `source`, read by `parseXml`. */
export function parseRoot(source: Uint8Array | string): Element {
  const root = parseXml(source).documentElement;
  if (root === null) throw unreadable("no root element");
  return root;
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw tooLarge(`more than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unreadable("not UTF-8", cause);
  }
}

/**
 * The parser's warnings are errors here: what it repairs, another parser may read otherwise. But for one, U+FFFD in the
 * text: it is a legal character, and a name that was damaged upstream must not stop a submission.
 */
function refuse(_level: string, message: string): void {
  if (!message.startsWith("Unicode replacement character")) throw unreadable("not well-formed");
}

/** XML 1.0, 2.11; the parser's own rule is that of XML 1.1, which also alters U+0085 and U+2028. */
const normalizeLineEndings = (text: string) => text.replace(/\r\n?/g, "\n");

function checkNodes(document: Document): void {
  let depth = 1;
  let node: Node | null = document.firstChild;
  while (node !== null) {
    checkCharacters(node);
    if (node.firstChild !== null) {
      node = node.firstChild;
      if (++depth > MAX_DEPTH) throw forbidden(`nesting deeper than ${MAX_DEPTH}`);
      continue;
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parentNode;
      depth--;
    }
    node = node?.nextSibling ?? null;
  }
}

function checkCharacters(node: Node): void {
  if (node.nodeValue !== null && hasForbiddenCharacter(node.nodeValue)) throw forbidden("a character outside XML");
  if (!isElement(node)) return;
  for (const attribute of node.attributes) {
    if (hasForbiddenCharacter(attribute.value)) throw forbidden("a character outside XML");
  }
}

export function isElement(node: Node): node is Element {
  return node.nodeType === node.ELEMENT_NODE;
}

/** Child elements; with a name, those of that expanded name. */
export function children(parent: Element, namespace?: string, localName?: string): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node) && (localName === undefined || is(node, namespace, localName))) found.push(node);
  }
  return found;
}

/** The first child of that expanded name. */
export function child(parent: Element | undefined, namespace: string, localName: string): Element | undefined {
  return parent && children(parent, namespace, localName)[0];
}

export function is(node: Element, namespace: string | undefined, localName: string): boolean {
  return node.localName === localName && node.namespaceURI === namespace;
}

/** Text of an element, trimmed. */
export function text(node: Element | undefined): string {
  return node?.textContent?.trim() ?? "";
}

function count(text: string, character: string, limit: number): number {
  let total = 0;
  for (let at = text.indexOf(character); at >= 0 && total <= limit; at = text.indexOf(character, at + 1)) total++;
  return total;
}

const tooLarge = (limit: string) => xdsErrors.fault("XDS_XML_TOO_LARGE", { details: { limit } });
const forbidden = (reason: string) => xdsErrors.fault("XDS_XML_FORBIDDEN", { details: { reason } });
const unreadable = (reason: string, cause?: unknown) =>
  xdsErrors.fault("XDS_XML_UNREADABLE", { details: { reason }, ...(cause === undefined ? {} : { cause }) });
