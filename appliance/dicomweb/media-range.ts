import { fault } from "./errors.ts";

/** One member of an Accept header (RFC 9110 12.5.1). */
export interface MediaRange {
  /** In lower case; `*` for any. */
  readonly type: string;
  readonly subtype: string;
  /** By their names in lower case; of a name that comes twice the first. `q` is not among them. */
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0, which forbids, to 1. */
  readonly q: number;
}

/** The national profile sends ten members in 900 bytes; toolkits with every syntax they know, forty. */
const MOST_BYTES = 16 * 1024;
const MOST_MEMBERS = 128;

const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SPACE = /[ \t]*/y;
/** RFC 9110 5.6.4: what stands between the quotes, quoted pairs included. */
const QUOTED = /"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*)"/y;
/** RFC 9110 12.4.2, and what is met besides: no digit before the point, more than three behind. */
const WEIGHT = /^(?:0?\.\d+|0\.?|1(?:\.0*)?)$/;

/**
 * The members of an Accept header, in order; `lines` are its field lines, for it may be repeated. Empty members are passed
 * over, as the list rule has it (RFC 9110 5.6.1). Throws DICOMWEB_ACCEPT_INVALID with the number of the member.
 */
export function parseAccept(lines: readonly string[]): MediaRange[] {
  const text = lines.join(",");
  if (text.length > MOST_BYTES) throw fault("DICOMWEB_ACCEPT_INVALID", { details: { member: "*" } });
  const cursor = new Cursor(text);
  const ranges: MediaRange[] = [];
  for (let member = 1; ; ) {
    cursor.skip();
    if (cursor.ended) return ranges;
    if (cursor.take(",")) continue;
    const range = member <= MOST_MEMBERS ? readRange(cursor) : undefined;
    if (range === undefined) throw fault("DICOMWEB_ACCEPT_INVALID", { details: { member } });
    ranges.push(range);
    member += 1;
  }
}

/** Undefined when it is none, or something else than a comma follows. */
function readRange(cursor: Cursor): MediaRange | undefined {
  const type = cursor.match(TOKEN)?.toLowerCase();
  const subtype = cursor.take("/") ? cursor.match(TOKEN)?.toLowerCase() : undefined;
  if (type === undefined || subtype === undefined || (type === "*" && subtype !== "*")) return undefined;
  const parameters = new Map<string, string>();
  for (;;) {
    cursor.skip();
    if (cursor.ended || cursor.take(",")) break;
    if (!cursor.take(";")) return undefined;
    cursor.skip();
    const name = cursor.match(TOKEN)?.toLowerCase();
    // A semicolon that nothing follows.
    if (name === undefined) continue;
    cursor.skip();
    if (!cursor.take("=")) {
      // RFC 7231 let an extension have no value.
      if (!parameters.has("q")) return undefined;
      continue;
    }
    cursor.skip();
    const value = cursor.value();
    if (value === undefined) return undefined;
    if (!parameters.has(name)) parameters.set(name, value);
  }
  const weight = parameters.get("q") ?? "1";
  if (!WEIGHT.test(weight)) return undefined;
  parameters.delete("q");
  return { type, subtype, parameters, q: Number(weight) };
}

/** A place in a text. */
class Cursor {
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

  take(character: string): boolean {
    const there = this.#text[this.#at] === character;
    if (there) this.#at += 1;
    return there;
  }

  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [match, inner] = pattern.exec(this.#text) ?? [];
    if (match === undefined) return undefined;
    this.#at += match.length;
    return inner ?? match;
  }

  /** A token or a quoted string. */
  value(): string | undefined {
    return this.match(TOKEN) ?? this.match(QUOTED)?.replaceAll(/\\(.)/gs, "$1");
  }
}
