import { xdsErrors } from "./errors.ts";

/** A piece of well-formed XML: made by `element`, or XML this product wrote and kept. Text can never pass for it. */
export class Markup {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

export type Attributes = Readonly<Record<string, string | undefined>>;
export type Content = Markup | string | undefined | readonly Content[];

/**
 * One element. `name` is a qualified name, namespaces are declared as `xmlns` attributes by the caller; an undefined
 * attribute or child is left out, a string child is text.
 * @throws XDS_CHARACTER_NOT_ALLOWED
 */
export function element(name: string, attributes: Attributes, ...content: Content[]): Markup {
  let xml = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) xml += ` ${key}="${escapeAttribute(value, `${name}/@${key}`)}"`;
  }
  const inner = render(content, name);
  return new Markup(inner === "" ? `${xml}/>` : `${xml}>${inner}</${name}>`);
}

function render(content: Content, where: string): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.xml;
  if (typeof content === "string") return escapeText(content, where);
  return content.map((child) => render(child, where)).join("");
}

/** Everything outside the `Char` production of XML 1.0 (2.2), lone surrogates included. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

export function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN.test(text);
}

/** Character data as canonical XML writes it. */
export function escapeText(text: string, where: string): string {
  return guard(text, where).replace(/[&<>\r]/g, (character) => REFERENCES[character]!);
}

/** An attribute value as canonical XML writes it. */
export function escapeAttribute(text: string, where: string): string {
  return guard(text, where).replace(/[&<"\t\n\r]/g, (character) => REFERENCES[character]!);
}

function guard(text: string, where: string): string {
  if (hasForbiddenCharacter(text)) throw xdsErrors.fault("XDS_CHARACTER_NOT_ALLOWED", { where });
  return text;
}

const REFERENCES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};
