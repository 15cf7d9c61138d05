/** XML that is already written: escaped, well formed. */
export interface Xml {
  readonly text: string;
}

type Attribute = string | number | boolean | undefined;

/** An element; attributes that are undefined are left out, `content` is text after the children. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Attribute>> = {},
  children: readonly Xml[] = [],
  content = "",
): Xml {
  const start = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join("");
  const inner = children.map(({ text }) => text).join("") + escaped(content);
  return { text: inner === "" ? `<${name}${start}/>` : `<${name}${start}>${inner}</${name}>` };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** What XML 1.0 cannot hold becomes U+FFFD: a name from a message may hold anything. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character] as string);
}
