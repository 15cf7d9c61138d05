/**
 * Canonical XML 1.0 and Exclusive XML Canonicalization 1.0 of one element and what is below it, as signatures need
 * them. Our own, so that a mistake in a library used by the sender is not made twice.
 */
import { type Element, type Node, NS } from "./xml.ts";

export interface Canonicalization {
  readonly exclusive: boolean;
  readonly comments: boolean;
  /** Left out with all below it: the enveloped signature. */
  readonly omit?: Element;
}

const ALGORITHMS: Readonly<Record<string, Canonicalization>> = {
  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": { exclusive: false, comments: false },
  "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": { exclusive: false, comments: true },
  "http://www.w3.org/2001/10/xml-exc-c14n#": { exclusive: true, comments: false },
  "http://www.w3.org/2001/10/xml-exc-c14n#WithComments": { exclusive: true, comments: true },
};

export const C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
export const EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";

/** The method behind an algorithm URI; undefined when it is none of the four. */
export function canonicalization(algorithm: string | undefined): Canonicalization | undefined {
  return algorithm === undefined ? undefined : ALGORITHMS[algorithm];
}

type Namespaces = ReadonlyMap<string, string>;

/** The canonical UTF-8 bytes of `apex`. InclusiveNamespaces prefix lists are not supported. */
export function canonicalize(apex: Element, method: Canonicalization): Buffer {
  const out: string[] = [];
  // Inclusive: what the ancestors outside the output declare is rendered on the apex, xml:* attributes too.
  const inherited = new Map<string, string>();
  const xmlAttributes = new Map<string, string>();
  for (let at = apex.parentNode; at !== null && at.nodeType === 1; at = at.parentNode) {
    for (const [prefix, uri] of declared(at as Element)) if (!inherited.has(prefix)) inherited.set(prefix, uri);
    for (const { name, value, namespaceURI } of Array.from((at as Element).attributes)) {
      if (namespaceURI === NS.xml && !xmlAttributes.has(name)) xmlAttributes.set(name, value);
    }
  }
  writeElement(apex, inherited, new Map(), method, out, method.exclusive ? new Map() : xmlAttributes);
  return Buffer.from(out.join(""), "utf8");
}

function writeElement(
  element: Element,
  above: Namespaces,
  rendered: Namespaces,
  method: Canonicalization,
  out: string[],
  inheritedAttributes: ReadonlyMap<string, string> = new Map(),
): void {
  const inScope = new Map([...above, ...declared(element)]);
  const wanted = method.exclusive ? visiblyUtilized(element) : new Set(inScope.keys());
  const nowRendered = new Map(rendered);
  const namespaces: string[] = [];
  for (const prefix of [...wanted].sort()) {
    const uri = inScope.get(prefix) ?? "";
    if ((rendered.get(prefix) ?? "") === uri) continue;
    nowRendered.set(prefix, uri);
    namespaces.push(` xmlns${prefix === "" ? "" : `:${prefix}`}="${attributeText(uri)}"`);
  }
  const own = Array.from(element.attributes).filter(({ namespaceURI }) => namespaceURI !== NS.xmlns);
  const attributes = own.map(({ namespaceURI, localName, name, value }) => ({
    key: `${namespaceURI ?? ""}\u0000${localName}`,
    text: ` ${name}="${attributeText(value)}"`,
  }));
  for (const [name, value] of inheritedAttributes) {
    if (element.hasAttribute(name)) continue;
    attributes.push({ key: `${NS.xml}\u0000${name.slice(4)}`, text: ` ${name}="${attributeText(value)}"` });
  }
  attributes.sort((a, b) => (a.key < b.key ? -1 : 1));
  out.push(`<${element.nodeName}`, ...namespaces, ...attributes.map(({ text }) => text), ">");
  for (const child of Array.from(element.childNodes)) writeNode(child, inScope, nowRendered, method, out);
  out.push(`</${element.nodeName}>`);
}

function writeNode(node: Node, above: Namespaces, rendered: Namespaces, method: Canonicalization, out: string[]): void {
  if (node === method.omit) return;
  const value = node.nodeValue ?? "";
  if (node.nodeType === 1) writeElement(node as Element, above, rendered, method, out);
  else if (node.nodeType === 3 || node.nodeType === 4) out.push(characterText(value));
  else if (node.nodeType === 7) out.push(`<?${node.nodeName}${value === "" ? "" : ` ${value}`}?>`);
  else if (node.nodeType === 8 && method.comments) out.push(`<!--${value}-->`);
}

function declared(element: Element): [prefix: string, uri: string][] {
  return Array.from(element.attributes)
    .filter(({ namespaceURI }) => namespaceURI === NS.xmlns)
    .map(({ prefix, localName, value }) => [prefix === "xmlns" ? (localName ?? "") : "", value]);
}

function visiblyUtilized(element: Element): Set<string> {
  const prefixes = new Set([element.prefix ?? ""]);
  for (const { prefix, namespaceURI } of Array.from(element.attributes)) {
    if (prefix && namespaceURI !== NS.xmlns && namespaceURI !== NS.xml) prefixes.add(prefix);
  }
  return prefixes;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

function characterText(text: string): string {
  return text.replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}

function attributeText(text: string): string {
  return text.replace(/[&<"\t\n\r]/g, (char) => ESCAPES[char] ?? char);
}
