import type { ServerResponse } from "node:http";
import type { CodedError } from "../../base/index.ts";
import { answerTo } from "../../identity/index.ts";

/** Seconds that an asker is told to wait when nothing better is known. */
const RETRY_AFTER = 5;
/** How long a short answer may wait for who does not read it, in milliseconds. */
const LONGEST_UNREAD_MS = 30_000;

/** What each cause is in HTTP; a cause that is not here is by what becomes of it: 503 for later, 500 for anything else. */
const statuses: Readonly<Record<string, number>> = {
  DICOMWEB_ACCEPT_INVALID: 400,
  DICOMWEB_NOT_ACCEPTABLE: 406,
  DICOMWEB_PATH_INVALID: 400,
  SOURCE_REQUEST_INVALID: 404,
  SOURCE_MANIFEST_NOT_NAMED: 400,
  SOURCE_MANIFEST_UNKNOWN: 404,
  SOURCE_NOT_IN_MANIFEST: 404,
  SOURCE_MANIFEST_WITHDRAWN: 410,
  SOURCE_IDENTITY_NOT_SERVED: 409,
  SOURCE_PEER_UNLISTED: 403,
  SOURCE_METHOD_NOT_ALLOWED: 405,
  SOURCE_TOO_MANY_REQUESTS: 429,
  IMAGES_FORM_UNAVAILABLE: 501,
  IMAGES_GONE: 410,
  IMAGES_WITHDRAWN: 410,
  IMAGES_SYNTAX_REFUSED: 406,
  IMAGES_READER_SLOW: 408,
  IMAGES_FRAME_UNKNOWN: 404,
  IMAGES_BULK_UNKNOWN: 404,
  IMAGES_NO_PIXELS: 404,
  IMAGES_OTHER_OBJECT: 502,
  IMAGES_OTHER_PATIENT: 409,
  IMAGES_NOT_ASKED: 502,
  IMAGES_INCOMPLETE: 502,
  CACHE_WITHDRAWN: 410,
  PACS_SYNTAX_UNAVAILABLE: 406,
  PIXELS_QUERY_INVALID: 400,
  PIXELS_UNSUPPORTED: 406,
  PIXELS_BITS_LOST: 406,
  PIXELS_NOT_COMPRESSED: 406,
  PIXELS_TOO_LARGE: 406,
  PIXELS_UNDESCRIBED: 502,
  PIXELS_CONTRADICTION: 502,
  PIXELS_DAMAGED: 502,
  PACS_BUSY: 503,
  PACS_TIMED_OUT: 504,
};

function statusOf({ code, retry }: CodedError): number {
  return statuses[code] ?? byRoom(code) ?? (retry === "later" ? 503 : 500);
}

function answerOf(error: CodedError): { readonly status: number; readonly headers: Readonly<Record<string, string>> } {
  if (error.code.startsWith("IDENTITY_")) return answerTo(error);
  const status = statusOf(error);
  const { seconds = RETRY_AFTER, allow } = error.details;
  if (status === 405) return { status, headers: { allow: String(allow) } };
  return { status, headers: status === 429 || status === 503 ? { "retry-after": String(seconds) } : {} };
}

/**
 * Rooms whose causes are alike in HTTP: a certificate is no reason to try again, a PACS is a server behind this one, and what cannot
 * be read came from it.
 */
function byRoom(code: string): number | undefined {
  if (code.startsWith("TRUST_")) return 403;
  return /^(PACS|DICOM)_/.test(code) ? 502 : undefined;
}

/** The error as who asks is told it: its code and its sentence, never the values that differ. */
export function refuse(response: ServerResponse, error: CodedError): number {
  const { status, headers } = answerOf(error);
  const body = JSON.stringify({ code: error.code, message: { fr: error.text("fr"), en: error.text("en") } });
  answer(response, status, body, { "content-type": "application/json", "cache-control": "no-store", ...headers });
  return status;
}

/** Sends what is short; the connection of who does not read it ends. */
export function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.setTimeout(LONGEST_UNREAD_MS);
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
