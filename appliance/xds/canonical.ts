import type { Attr, Element } from "@xmldom/xmldom";
import { signatureFault } from "./errors.ts";
import { NS } from "./names.ts";
import { isElement } from "./xml-read.ts";
import { escapeAttribute, escapeText } from "./xml-write.ts";

/** Exclusive XML Canonicalization 1.0, or Canonical XML 1.0 of a subtree. */
export type Canonicalisation = "exclusive" | "inclusive";

/** Namespace name by prefix; the default namespace is the empty prefix. */
type Namespaces = ReadonlyMap<string, string>;

/**
 * The canonical form of the subtree at `apex`, without the child `omitted` (an enveloped signature).
 *
 * Comments and processing instructions are refused rather than dropped: they split text nodes, and two readers of one
 * signed document must never see two texts. What is left is the same with and without the `WithComments` variants.
 * The recursion is bounded by the depth limit of `parseXml`.
 * @throws XDS_SIGNATURE_INVALID
 */
export function canonicalise(apex: Element, method: Canonicalisation, omitted?: Element): string {
  const ancestors: Element[] = [];
  for (let node = apex.parentNode; node !== null && isElement(node); node = node.parentNode) ancestors.unshift(node);
  let inScope: Namespaces = new Map();
  for (const ancestor of ancestors) inScope = withDeclarations(inScope, ancestor);
  // Canonical XML 1.0, 2.4: the apex of a subtree inherits the xml: attributes of its ancestors.
  const inherited =
    method === "inclusive" ? ancestors.flatMap((node) => [...node.attributes].filter((a) => a.prefix === "xml")) : [];
  return write(apex, inScope, new Map(), inherited);

  function write(node: Element, parentScope: Namespaces, parentRendered: Namespaces, extra: readonly Attr[]): string {
    const scope = withDeclarations(parentScope, node);
    const rendered = new Map(parentRendered);
    const own = [...node.attributes].filter((attribute) => attribute.namespaceURI !== NS.xmlns);
    const attributes = new Map([...extra, ...own].map((attribute) => [attribute.name, attribute]));
    let xml = `<${node.tagName}`;
    for (const prefix of method === "inclusive" ? [...scope.keys()].sort(byCodePoint) : visiblyUtilised(node, own)) {
      const namespace = scope.get(prefix) ?? "";
      if ((rendered.get(prefix) ?? "") === namespace) continue;
      rendered.set(prefix, namespace);
      xml += ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}="${escapeAttribute(namespace, node.tagName)}"`;
    }
    for (const attribute of [...attributes.values()].sort(byExpandedName)) {
      xml += ` ${attribute.name}="${escapeAttribute(attribute.value, attribute.name)}"`;
    }
    xml += ">";
    for (let item = node.firstChild; item !== null; item = item.nextSibling) {
      if (item === omitted) continue;
      if (isElement(item)) xml += write(item, scope, rendered, []);
      else if (item.nodeType === item.TEXT_NODE || item.nodeType === item.CDATA_SECTION_NODE)
        xml += escapeText(item.nodeValue ?? "", node.tagName);
      else throw signatureFault("a comment or processing instruction inside signed content", node.tagName);
    }
    return `${xml}</${node.tagName}>`;
  }
}

function withDeclarations(scope: Namespaces, node: Element): Namespaces {
  const declarations = [...node.attributes].filter((attribute) => attribute.namespaceURI === NS.xmlns);
  if (declarations.length === 0) return scope;
  const extended = new Map(scope);
  for (const { prefix, localName, value } of declarations) extended.set(prefix === null ? "" : localName!, value);
  return extended;
}

/** Prefixes of the element and of its attributes, sorted; `xml` needs no declaration (Exclusive C14N, 3). */
function visiblyUtilised(node: Element, attributes: readonly Attr[]): string[] {
  const prefixes = new Set([node.prefix ?? ""]);
  for (const { prefix } of attributes) if (prefix !== null && prefix !== "xml") prefixes.add(prefix);
  return [...prefixes].sort(byCodePoint);
}

function byExpandedName(a: Attr, b: Attr): number {
  return byCodePoint(a.namespaceURI ?? "", b.namespaceURI ?? "") || byCodePoint(a.localName!, b.localName!);
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
