import { DelimitedSource } from "./delimited-source.ts";
import { fault } from "./errors.ts";
import { type MediaType, parseMediaType } from "./media-type.ts";

/** One part of a body. */
export interface Part {
  /** By their names in lower case; of a name that comes twice the first. */
  readonly headers: ReadonlyMap<string, string>;
  /** Its bytes, once, and until the next part is asked for: what is left of it then is passed over. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** RFC 2046 5.1.1 has 70, and no blank at the end; Orthanc writes two UUIDs, which are 73. */
const BOUNDARY = /^[ -~]{0,199}[!-~]$/;
/** Bytes, of a part; those of DICOM are a few hundred. */
const LARGEST_HEADERS = 16 * 1024;
/** RFC 5322 2.2. */
const FIELD_NAME = /^[!-9;-~]+$/;

/**
 * The parts of a body as they come, of which no more than a piece is in memory (RFC 2046 5.1, RFC 2387). A body that is not
 * multipart is one part, `contentType` its only header. Throws DICOMWEB_MULTIPART_INVALID, and DICOMWEB_MULTIPART_TRUNCATED
 * when the body ends before its final boundary: then the last part was not whole, or was not the last.
 */
export async function* readMultipart(contentType: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  const mediaType = parseMediaType(contentType);
  if (mediaType === undefined) throw invalid("Content-Type");
  if (mediaType.type !== "multipart") {
    yield { headers: new Map([["content-type", contentType]]), body };
    return;
  }
  const source = new DelimitedSource(body, boundaryOf(mediaType));
  try {
    await source.skip();
    while (await source.another()) {
      const headers = await readHeaders(source);
      await source.enter();
      let current = true;
      yield { headers, body: contentOf(source, () => current) };
      current = false;
      await source.skip();
    }
    await source.finish();
  } finally {
    await source.close();
  }
}

/** One whose part is over reads nothing of the next. */
async function* contentOf(source: DelimitedSource, isCurrent: () => boolean): AsyncGenerator<Uint8Array> {
  while (isCurrent()) {
    const piece = await source.piece();
    if (piece === undefined) return;
    yield piece;
  }
}

function boundaryOf({ parameters }: MediaType): string {
  const boundary = parameters.get("boundary") ?? "";
  if (!BOUNDARY.test(boundary)) throw invalid("boundary");
  return boundary;
}

async function readHeaders(source: DelimitedSource): Promise<Map<string, string>> {
  const fields: string[] = [];
  for (let left = LARGEST_HEADERS; ; ) {
    const line = await source.line(left);
    left -= line.length + 2;
    if (line === "") break;
    // A line that begins with a blank goes on with the one before (RFC 5322 2.2.3).
    if (/^[ \t]/.test(line) && fields.length > 0) fields.push(fields.pop() + line);
    else fields.push(line);
  }
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    if (colon === -1 || !FIELD_NAME.test(name)) throw invalid("headers");
    if (!headers.has(name)) headers.set(name, field.slice(colon + 1).trim());
  }
  return headers;
}

function invalid(problem: string) {
  return fault("DICOMWEB_MULTIPART_INVALID", { details: { problem } });
}
