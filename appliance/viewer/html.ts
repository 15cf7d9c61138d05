/** Text that is HTML already: what `html` made. Whatever is not of this class is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Fragment = string | number | Html | readonly Html[] | undefined;

/** What is no sign: it may break off a text, or turn the direction of what stands after it (Unicode, general category C). */
const NO_SIGNS = /\p{C}/gu;

/**
 * HTML of a template. Every value is escaped, for an element and for an attribute in double quotes alike, unless `html` made
 * it, and loses what is no sign; undefined is nothing.
 */
export function html(pieces: TemplateStringsArray, ...values: readonly Fragment[]): Html {
  return new Html(pieces.map((piece, index) => piece + textOf(values[index])).join(""));
}

function textOf(value: Fragment): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return String(value)
    .replace(NO_SIGNS, "")
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
