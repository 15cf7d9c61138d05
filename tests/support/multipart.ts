/** A strict reader of multipart bodies for tests (RFC 2046 5.1): what it does not like, no asker should have to. */

export interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface Multipart {
  readonly parts: readonly Part[];
  /** Whether the final boundary was there. */
  readonly whole: boolean;
}

export function readParts(contentType: string, body: Buffer): Multipart {
  const [, boundary] = /^multipart\/related;.*\bboundary=([0-9a-f]{32})$/.exec(contentType) ?? [];
  if (boundary === undefined) throw new Error(`no multipart: ${contentType}`);
  const first = Buffer.from(`--${boundary}\r\n`);
  if (!body.subarray(0, first.length).equals(first)) throw new Error("the body does not begin with its boundary");
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  for (let at = first.length; ; ) {
    const next = body.indexOf(delimiter, at);
    const piece = body.subarray(at, next === -1 ? body.length : next);
    const end = piece.indexOf("\r\n\r\n");
    if (end === -1) throw new Error("a part without headers");
    const headers = piece
      .toString("latin1", 0, end)
      .split("\r\n")
      .map((line): [string, string] => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
      });
    parts.push({ headers: new Map(headers), body: piece.subarray(end + 4) });
    if (next === -1) return { parts, whole: false };
    at = next + delimiter.length;
    if (body.toString("latin1", at, at + 4) === "--\r\n") return { parts, whole: at + 4 === body.length };
    at += 2;
  }
}
