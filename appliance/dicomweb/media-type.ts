/** A media type and its parameters (RFC 9110 8.3.1). */
export interface MediaType {
  /** In lower case. */
  readonly type: string;
  readonly subtype: string;
  /** By their names in lower case; of a name that comes twice the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]*/y;
/**
 * A token, and what is met besides: `type=application/dicom` without the quotes that its slash calls for is what cornerstone,
 * OHIF and dcm4che write.
 */
const UNQUOTED = /[!#-+\--:<-[\]-~]+/y;
/** RFC 9110 5.6.4: what stands between the quotes, quoted pairs included. */
const QUOTED = /"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)"/y;

/** The media type of a Content-Type header; undefined when it is none. */
export function parseMediaType(text: string): MediaType | undefined {
  const cursor = new Cursor(text);
  cursor.skip();
  const mediaType = readMediaType(cursor);
  return cursor.ended ? mediaType : undefined;
}

/** Reads as far as a comma or the end; undefined when what stands there is no media type. */
export function readMediaType(cursor: Cursor): MediaType | undefined {
  const type = cursor.match(TOKEN)?.toLowerCase();
  // A star alone for any is what HttpURLConnection of Java writes.
  const subtype = cursor.take("/") ? cursor.match(TOKEN)?.toLowerCase() : type === "*" ? "*" : undefined;
  if (type === undefined || subtype === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (;;) {
    cursor.skip();
    if (cursor.ended || cursor.at(",")) return { type, subtype, parameters };
    if (!cursor.take(";")) return undefined;
    cursor.skip();
    const name = cursor.match(TOKEN)?.toLowerCase();
    // A semicolon that nothing follows.
    if (name === undefined) continue;
    cursor.skip();
    if (!cursor.take("=")) {
      // Behind the weight RFC 7231 let an extension have no value.
      if (!parameters.has("q")) return undefined;
      continue;
    }
    cursor.skip();
    const value = cursor.match(UNQUOTED) ?? cursor.match(QUOTED)?.replaceAll(/\\(.)/g, "$1");
    if (value === undefined) return undefined;
    if (!parameters.has(name)) parameters.set(name, value);
  }
}

/** A place in a text. */
export class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  skip(): void {
    this.match(SPACE);
  }

  at(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  take(character: string): boolean {
    const there = this.at(character);
    if (there) this.#at += 1;
    return there;
  }

  /** What a sticky pattern finds here: its group, when it has one. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [match, inner] = pattern.exec(this.#text) ?? [];
    if (match === undefined) return undefined;
    this.#at += match.length;
    return inner ?? match;
  }
}
