/** Steps through a parsed header, by namespace and one level at a time: `//` would find another person's id. */
import { DOMParser, type Element } from "@xmldom/xmldom";
import { decode, undoDoubleEncoding } from "./encoding.ts";
import { fault } from "./errors.ts";

export const V3 = "urn:hl7-org:v3";
export const PS3_20 = "urn:dicom-org:ps3-20";

export interface Remark {
  readonly code: string;
  readonly where: string;
}

/**
 * A node of the header with its path. Values are trimmed, repaired where encoded twice, and never empty; a node that is
 * marked unknown (`nullFlavor`) has none.
 */
export class Node {
  /** `ClinicalDocument/recordTarget/patientRole/id[2]`. */
  readonly path: string;
  readonly remarks: Remark[];
  readonly #element: Element;

  constructor(element: Element, path: string, remarks: Remark[]) {
    this.#element = element;
    this.path = path;
    this.remarks = remarks;
  }

  /** The elements at the end of these steps, in document order, of the namespace of CDA. */
  all(...steps: readonly string[]): Node[] {
    return steps.reduce<Node[]>((nodes, step) => nodes.flatMap((node) => node.children(step, V3)), [this]);
  }

  first(...steps: readonly string[]): Node | undefined {
    return this.all(...steps)[0];
  }

  /** The element of which there may be one: taking the first of two would be a guess. Errors: `CDA_FIELD_REPEATED`. */
  only(step: string): Node | undefined {
    const [node, second] = this.all(step);
    if (second !== undefined) throw fault("CDA_FIELD_REPEATED", { where: second.path });
    return node;
  }

  children(name: string, namespace: string): Node[] {
    const found: Node[] = [];
    for (let child = this.#element.firstChild; child !== null; child = child.nextSibling) {
      if (child.nodeType !== child.ELEMENT_NODE || child.namespaceURI !== namespace || child.localName !== name)
        continue;
      const path = `${this.path}/${name}${found.length === 0 ? "" : `[${found.length + 1}]`}`;
      found.push(new Node(child as Element, path, this.remarks));
    }
    return found;
  }

  attribute(name: string): string | undefined {
    return this.#value(this.#element.getAttributeNS(null, name) ?? "", `${this.path}/@${name}`);
  }

  get text(): string | undefined {
    return this.#value(this.#element.textContent ?? "", this.path);
  }

  remark(code: string): void {
    this.remarks.push({ code, where: this.path });
  }

  #value(raw: string, where: string): string | undefined {
    if (this.#element.hasAttributeNS(null, "nullFlavor")) return undefined;
    const meant = undoDoubleEncoding(raw);
    if (meant !== raw) this.remarks.push({ code: "CDA_ENCODED_TWICE", where });
    return meant.trim() || undefined;
  }
}

/** The root of a header. Any complaint of the parser, even a warning, is `CDA_NOT_XML`. */
export function parseHeader(header: Buffer, encoding: string, remarks: Remark[]): Node {
  const parser = new DOMParser({
    locator: false,
    onError: (_level, message) => {
      throw new SyntaxError(message);
    },
  });
  const text = decode(header, encoding);
  refuseStrayCharacters(text);
  let root: Element | null;
  try {
    root = parser.parseFromString(text, "text/xml").documentElement;
  } catch (cause) {
    throw fault("CDA_NOT_XML", { cause });
  }
  if (root?.namespaceURI !== V3 || root.localName !== "ClinicalDocument") throw fault("CDA_NOT_CLINICAL_DOCUMENT");
  return new Node(root, "ClinicalDocument", remarks);
}

/**
 * XML 1.0, 2.2 and 4.1: what is no character, as it is or by its number, and a bare ampersand: the parser lets them through.
 * A section without end, which only an attribute can still hold and the parser refuses, is taken to the end of the text:
 * a search for each would take a time quadratic in their number.
 */
function refuseStrayCharacters(text: string): void {
  const markup = text.replace(/<!--.*?(?:-->|$)|<!\[CDATA\[.*?(?:\]\]>|$)|<\?.*?(?:\?>|$)/gs, "");
  if (/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/.test(markup) || NO_CHARACTER.test(text))
    throw fault("CDA_NOT_XML");
  for (const [, number = ""] of markup.matchAll(/&#(x?[\da-fA-F]+);/g)) {
    const code = Number(number.startsWith("x") ? `0${number}` : number);
    if (code > 0x10ffff || NO_CHARACTER.test(String.fromCodePoint(code))) throw fault("CDA_NOT_XML");
  }
}

/** The complement of Char (XML 1.0, 2.2). */
const NO_CHARACTER = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
