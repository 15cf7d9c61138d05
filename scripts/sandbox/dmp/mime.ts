/** The MTOM packaging of ITI-41 (wire-formats 5.3, RFC 2046, RFC 2387, XOP): as a strict receiver reads it. */

export interface MimePart {
  readonly contentId: string;
  readonly contentType: MediaType;
  readonly body: Buffer;
}

export interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface Package {
  readonly root: MimePart;
  /** By Content-ID without its angle brackets. */
  readonly attachments: ReadonlyMap<string, MimePart>;
  /** The `action` parameter, which plain SOAP may lack. */
  readonly action: string | undefined;
}

/** A refusal at this layer; `where` is a header or a part. */
export class MimeError extends Error {
  readonly where: string;

  constructor(where: string, message: string) {
    super(message);
    this.where = where;
  }
}

const MAX_PARTS = 16;
const MAX_HEADER = 4096;
const CRLF = "\r\n";

/** `type/subtype; name=token; name="quoted"`; lower-cases the type and the names. */
export function parseMediaType(header: string, where: string): MediaType {
  const [, type, rest] = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(.*)$/s.exec(header) ?? [];
  if (type === undefined || rest === undefined) throw new MimeError(where, "not a media type");
  const parameters = new Map<string, string>();
  const parameter = /;\s*([\w!#$&^.+-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"(),/:<=>?@[\\\]]+))\s*/gy;
  let end = 0;
  for (const match of rest.matchAll(parameter)) {
    const name = (match[1] ?? "").toLowerCase();
    if (parameters.has(name)) throw new MimeError(where, `parameter ${name} is given twice`);
    parameters.set(name, match[3] ?? (match[2] ?? "").replace(/\\(.)/g, "$1"));
    end = match.index + match[0].length;
  }
  if (end !== rest.length) throw new MimeError(where, "a parameter is malformed: values with < > / : are quoted");
  return { type: type.toLowerCase(), parameters };
}

/** Takes the body apart, or throws a `MimeError`. */
export function readPackage(contentType: string, body: Buffer): Package {
  const media = parseMediaType(contentType, "Content-Type");
  if (media.type !== "multipart/related") throw new MimeError("Content-Type", "multipart/related is expected");
  const parameter = (name: string, expected?: string): string => {
    const value = media.parameters.get(name);
    if (value === undefined) throw new MimeError("Content-Type", `parameter ${name} is missing`);
    if (expected !== undefined && value.toLowerCase() !== expected) {
      throw new MimeError("Content-Type", `parameter ${name} is not ${expected}`);
    }
    return value;
  };
  parameter("type", "application/xop+xml");
  parameter("start-info", "application/soap+xml");
  const action = parameter("action");
  const start = angled(parameter("start"), "Content-Type, parameter start");
  const boundary = parameter("boundary");
  if (!/^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/.test(boundary)) {
    throw new MimeError("Content-Type", "boundary has characters that RFC 2046 does not allow, or more than 70");
  }
  const [root, ...others] = split(body, boundary).map(readPart);
  if (root === undefined) throw new MimeError("body", "no part");
  if (root.contentId !== start) throw new MimeError("part 1", "the root part is not first, or start does not name it");
  checkRoot(root);
  const attachments = new Map(others.map((part) => [part.contentId, part]));
  if (attachments.size !== others.length || attachments.has(root.contentId)) {
    throw new MimeError("body", "a Content-ID is given twice");
  }
  return { root, attachments, action };
}

function checkRoot({ contentType }: MimePart): void {
  if (contentType.type !== "application/xop+xml") throw new MimeError("part 1", "application/xop+xml is expected");
  if (contentType.parameters.get("charset")?.toLowerCase() !== "utf-8") {
    throw new MimeError("part 1", "charset=UTF-8 is expected");
  }
  if (contentType.parameters.get("type")?.toLowerCase() !== "application/soap+xml") {
    throw new MimeError("part 1", 'type="application/soap+xml" is expected');
  }
}

/** The bytes of each part, headers and body. A preamble or an epilogue is not accepted, an empty line apart. */
function split(body: Buffer, boundary: string): Buffer[] {
  const delimiter = `--${boundary}`;
  let at = body.subarray(0, 2).toString("latin1") === CRLF ? 2 : 0;
  if (!startsWith(body, at, delimiter)) throw new MimeError("body", "does not start with the boundary");
  at += delimiter.length;
  const parts: Buffer[] = [];
  while (!startsWith(body, at, "--")) {
    if (!startsWith(body, at, CRLF))
      throw new MimeError(`part ${parts.length + 1}`, "the boundary line does not end with CRLF");
    at += 2;
    const end = body.indexOf(CRLF + delimiter, at, "latin1");
    if (end < 0) throw new MimeError(`part ${parts.length + 1}`, "no CRLF and boundary after it");
    parts.push(body.subarray(at, end));
    if (parts.length > MAX_PARTS) throw new MimeError("body", `more than ${MAX_PARTS} parts`);
    at = end + CRLF.length + delimiter.length;
  }
  const after = body.subarray(at + 2).toString("latin1");
  if (after !== "" && after !== CRLF) throw new MimeError("body", "bytes after the closing boundary");
  return parts;
}

function readPart(bytes: Buffer, index: number): MimePart {
  const where = `part ${index + 1}`;
  const end = bytes.subarray(0, MAX_HEADER).indexOf(CRLF + CRLF, 0, "latin1");
  if (end < 0) throw new MimeError(where, "no empty line (CRLF CRLF) after the headers");
  const headers = new Map<string, string>();
  for (const line of bytes.subarray(0, end).toString("latin1").split(CRLF)) {
    const [, name, value] = /^([\w-]+): ?([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new MimeError(where, "malformed header line, or LF alone");
    if (headers.has(name.toLowerCase())) throw new MimeError(where, `header ${name} is given twice`);
    headers.set(name.toLowerCase(), value);
  }
  const header = (name: string): string => {
    const value = headers.get(name.toLowerCase());
    if (value === undefined) throw new MimeError(where, `header ${name} is missing`);
    return value;
  };
  if (header("Content-Transfer-Encoding").toLowerCase() !== "binary") {
    throw new MimeError(where, "Content-Transfer-Encoding is not binary");
  }
  return {
    contentId: angled(header("Content-ID"), `${where}, Content-ID`),
    contentType: parseMediaType(header("Content-Type"), `${where}, Content-Type`),
    body: bytes.subarray(end + 4),
  };
}

function angled(value: string, where: string): string {
  const [, id] = /^<([^<>\s]+)>$/.exec(value) ?? [];
  if (id === undefined) throw new MimeError(where, "a Content-ID between angle brackets is expected");
  return id;
}

function startsWith(body: Buffer, at: number, text: string): boolean {
  return body.subarray(at, at + text.length).toString("latin1") === text;
}
