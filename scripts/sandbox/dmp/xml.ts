/** A namespace-aware reading of XML, and the findings that every check of the stand-in writes. */
import { DOMParser, type Document, type Element, type Node } from "@xmldom/xmldom";

export type { Document, Element, Node };

export const NS = {
  soap: "http://www.w3.org/2003/05/soap-envelope",
  wsa: "http://www.w3.org/2005/08/addressing",
  wsse: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
  saml: "urn:oasis:names:tc:SAML:2.0:assertion",
  ds: "http://www.w3.org/2000/09/xmldsig#",
  xades: "http://uri.etsi.org/01903/v1.1.1#",
  xop: "http://www.w3.org/2004/08/xop/include",
  xdsb: "urn:ihe:iti:xds-b:2007",
  lcm: "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0",
  rim: "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
  rs: "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
  query: "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0",
  hl7: "urn:hl7-org:v3",
  xsi: "http://www.w3.org/2001/XMLSchema-instance",
  xmlns: "http://www.w3.org/2000/xmlns/",
  xml: "http://www.w3.org/XML/1998/namespace",
} as const;

/** Deep enough for any SOAP message, far from the end of the stack. */
const MAX_DEPTH = 60;
/** A comment, a CDATA section, an instruction or a tag, whose attribute values may hold a >. */
const MARKUP = /<(?:!--[\s\S]*?-->|!\[CDATA\[[\s\S]*?\]\]>|\?[\s\S]*?\?>|(?:[^<>"']|"[^"]*"|'[^']*')*>)/g;

/** One thing wrong. `code` is an XDS error code, or a fault subcode such as `wsse:InvalidSecurityToken`. */
export interface Finding {
  readonly code: string;
  /** An XPath without prefixes, or a name of the place. */
  readonly location: string;
  readonly context: string;
}

/** Gathers everything that is wrong with one layer of a message: a sender likes to know it all at once. */
export class Findings {
  readonly list: Finding[] = [];

  add(code: string, location: string | Element, context: string): void {
    this.list.push({ code, location: typeof location === "string" ? location : pathOf(location), context });
  }

  /** Adds unless `holds`; returns `holds`, so that a check can stop when the next one would be pointless. */
  check(holds: boolean, code: string, location: string | Element, context: string): boolean {
    if (!holds) this.add(code, location, context);
    return holds;
  }
}

/** Parses UTF-8 XML. Throws an `Error` for anything not well-formed, for a DOCTYPE and for absurd nesting. */
export function parseXml(bytes: Uint8Array): Document {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  if (text.includes("<!DOCTYPE")) throw new Error("a DOCTYPE is not accepted");
  let depth = 0;
  for (const [tag] of text.matchAll(MARKUP)) {
    if (tag.startsWith("</")) depth--;
    else if (!/^<[!?]/.test(tag) && !tag.endsWith("/>")) depth++;
    if (depth > MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} nested elements`);
  }
  return new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  }).parseFromString(text, "application/xml");
}

export function elements(parent: Element | Document): Element[] {
  return Array.from(parent.childNodes).filter((node): node is Element => node.nodeType === 1);
}

export function children(parent: Element, namespace: string, localName: string): Element[] {
  return elements(parent).filter((child) => is(child, namespace, localName));
}

/** The only child of that name; undefined when there is none or more than one. */
export function only(parent: Element | undefined, namespace: string, localName: string): Element | undefined {
  if (parent === undefined) return undefined;
  const [first, second] = children(parent, namespace, localName);
  return second === undefined ? first : undefined;
}

export function is(element: Element, namespace: string, localName: string): boolean {
  return element.namespaceURI === namespace && element.localName === localName;
}

export function descendants(parent: Element | Document, namespace: string, localName: string): Element[] {
  return Array.from(parent.getElementsByTagNameNS(namespace, localName));
}

/** Text content, untrimmed; empty for a missing element. */
export function textOf(element: Element | undefined): string {
  return element?.textContent ?? "";
}

export function attribute(element: Element | undefined, name: string): string | undefined {
  return element?.getAttribute(name) ?? undefined;
}

/** `/Envelope/Body/.../ExtrinsicObject[@id='DocumentKOS']/Slot[@name='hash']`. */
export function pathOf(element: Element): string {
  const steps: string[] = [];
  for (let at: Node | null = element; at !== null && at.nodeType === 1; at = at.parentNode) {
    steps.unshift(step(at as Element));
  }
  return `/${steps.join("/")}`;
}

function step(element: Element): string {
  for (const name of ["id", "name", "Name", "ID", "Id"]) {
    const value = element.getAttribute(name);
    if (value !== null) return `${element.localName}[@${name}='${value}']`;
  }
  const parent = element.parentNode as Element | null;
  const twins = parent === null ? [] : elements(parent).filter((other) => other.localName === element.localName);
  return twins.length < 2 ? `${element.localName}` : `${element.localName}[${twins.indexOf(element) + 1}]`;
}

/** For text and double-quoted attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[char] ?? "&quot;");
}
