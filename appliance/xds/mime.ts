import { xdsErrors } from "./errors.ts";

/** A media type with its parameters; names in lower case, values as meant (unquoted, unescaped). */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface MimePart {
  readonly headers: ReadonlyMap<string, string>;
  readonly contentType: MediaType;
  /** Without brackets. */
  readonly contentId: string | undefined;
  readonly bytes: Uint8Array;
}

/** RFC 2046, 5.1.1. */
const MAX_BOUNDARY = 70;
/** An answer has two or three parts. */
const MAX_PARTS = 100;
const MAX_HEADER_BYTES = 16 * 1024;

const TOKEN = /[^\s;="]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/sy;
/** Real servers leave `:` and `/` unquoted in boundaries and cids: an unquoted value runs to the next `;` or blank. */
const UNQUOTED = /[^\s;"]+/y;
const SEPARATOR = /[\t\r\n ]*(;[\t\r\n ]*)*/y;

/**
 * Parses a Content-Type (RFC 2045, 5.1), quoted strings and folded lines included.
 * @throws XDS_MIME_UNREADABLE
 */
export function parseMediaType(header: string): MediaType {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match[1] ?? match[0];
  };
  take(SEPARATOR);
  const type = take(TOKEN)?.toLowerCase();
  if (type === undefined || !/^[^/]+\/[^/]+$/.test(type)) throw unreadable("no media type");
  const parameters = new Map<string, string>();
  for (take(SEPARATOR); at < header.length; take(SEPARATOR)) {
    const name = take(TOKEN)?.toLowerCase();
    if (name === undefined || header[at++] !== "=") throw unreadable("a parameter of the Content-Type");
    const value = header[at] === '"' ? take(QUOTED)?.replace(/\\(.)/gs, "$1") : take(UNQUOTED);
    if (value === undefined || parameters.has(name)) throw unreadable("a parameter of the Content-Type");
    parameters.set(name, value);
  }
  return { type, parameters };
}

/**
 * Splits a multipart body (RFC 2046, 5.1). Lines may end with CRLF or LF; parts may be binary, 8bit, 7bit or base64.
 * @throws XDS_MIME_UNREADABLE
 */
export function parseMultipart(body: Uint8Array, mediaType: MediaType): MimePart[] {
  const boundary = mediaType.parameters.get("boundary");
  if (!boundary || boundary.length > MAX_BOUNDARY) throw unreadable("no usable boundary");
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: MimePart[] = [];
  let delimiter = nextDelimiter(buffer, boundary, 0);
  while (delimiter !== undefined && !delimiter.last) {
    const next = nextDelimiter(buffer, boundary, delimiter.end);
    if (next === undefined) throw unreadable("cut before the closing boundary");
    if (parts.length === MAX_PARTS) throw unreadable(`more than ${MAX_PARTS} parts`);
    parts.push(parsePart(buffer.subarray(delimiter.end, Math.max(next.start, delimiter.end))));
    delimiter = next;
  }
  if (parts.length === 0) throw unreadable("no part");
  return parts;
}

/** The root part of multipart/related (RFC 2387, 3.2): the one `start` names, else the first. */
export function rootPart(parts: readonly MimePart[], mediaType: MediaType): MimePart {
  const start = mediaType.parameters.get("start");
  const root = start === undefined ? parts[0] : parts.find((part) => part.contentId === withoutBrackets(start));
  if (root === undefined) throw unreadable("the root part is missing");
  return root;
}

interface Delimiter {
  /** Where the part before it ends: its line break belongs to the delimiter. */
  readonly start: number;
  /** After its own line break. */
  readonly end: number;
  readonly last: boolean;
}

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

function nextDelimiter(buffer: Buffer, boundary: string, from: number): Delimiter | undefined {
  const marker = `--${boundary}`;
  for (let at = buffer.indexOf(marker, from); at >= 0; at = buffer.indexOf(marker, at + 1)) {
    if (at > 0 && at !== from && buffer[at - 1] !== LF) continue;
    let end = at + marker.length;
    const last = buffer[end] === DASH && buffer[end + 1] === DASH;
    if (last) end += 2;
    while (buffer[end] === 0x20 || buffer[end] === 0x09) end++;
    if (buffer[end] === CR) end++;
    if (buffer[end] === LF) end++;
    else if (!(last && end >= buffer.length)) continue;
    let start = at;
    if (buffer[start - 1] === LF) start--;
    if (start < at && buffer[start - 1] === CR) start--;
    return { start, end, last };
  }
  return undefined;
}

function parsePart(part: Buffer): MimePart {
  const headers = new Map<string, string>();
  let at = 0;
  let name: string | undefined;
  // An empty part may end with its headers: their blank line is then the delimiter's line break.
  while (at < part.length) {
    const lineEnd = part.indexOf(LF, at);
    if (lineEnd < 0 || lineEnd > MAX_HEADER_BYTES) throw unreadable("the headers of a part");
    const line = part.toString("latin1", at, lineEnd).replace(/\r$/, "");
    at = lineEnd + 1;
    if (line === "") break;
    if (/^[ \t]/.test(line) && name !== undefined) {
      headers.set(name, `${headers.get(name)} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(":");
    name = line.slice(0, colon).trim().toLowerCase();
    if (colon < 1 || headers.has(name)) throw unreadable("the headers of a part");
    headers.set(name, line.slice(colon + 1).trim());
  }
  const contentId = headers.get("content-id");
  return {
    headers,
    contentType: parseMediaType(headers.get("content-type") ?? "text/plain"),
    contentId: contentId === undefined ? undefined : withoutBrackets(contentId),
    bytes: decode(part.subarray(at), headers.get("content-transfer-encoding") ?? "binary"),
  };
}

function decode(bytes: Buffer, encoding: string): Uint8Array {
  switch (encoding.toLowerCase()) {
    case "binary":
    case "8bit":
    case "7bit":
      return bytes;
    case "base64":
      return Buffer.from(bytes.toString("latin1"), "base64");
    default:
      throw unreadable("the Content-Transfer-Encoding of a part");
  }
}

function withoutBrackets(contentId: string): string {
  return contentId.trim().replace(/^<(.*)>$/, "$1");
}

const unreadable = (reason: string) => xdsErrors.fault("XDS_MIME_UNREADABLE", { details: { reason } });
