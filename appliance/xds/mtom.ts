import { randomBytes } from "node:crypto";

/** An HTTP request body that can be read again: streamed to the peer, then kept as evidence. */
export interface HttpMessage {
  readonly contentType: string;
  readonly contentLength: number;
  bytes(): AsyncIterable<Uint8Array>;
}

/** One MIME part beside the envelope; `contentId` without brackets. */
interface MtomPart {
  readonly contentId: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

/** Chunk handed to the socket at a time, so that its back-pressure is felt. */
const CHUNK = 64 * 1024;

/**
 * Packs a SOAP 1.2 message with MTOM/XOP: multipart/related (RFC 2387), CRLF, envelope first, binary parts, a random
 * 128-bit boundary that no content can hold by chance.
 */
export function mtomMessage(envelope: string, action: string, parts: readonly MtomPart[]): HttpMessage {
  const boundary = `drimbox_${randomBytes(16).toString("hex")}`;
  const rootId = `envelope.${randomBytes(8).toString("hex")}@drimbox`;
  const head = (contentId: string, contentType: string, first = false) =>
    Buffer.from(
      `${first ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Transfer-Encoding: binary\r\nContent-ID: <${contentId}>\r\n\r\n`,
    );
  const pieces = [
    head(rootId, 'application/xop+xml; charset=UTF-8; type="application/soap+xml"', true),
    Buffer.from(envelope),
    ...parts.flatMap((part) => [head(part.contentId, part.mimeType), part.bytes]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ];
  return {
    contentType:
      `multipart/related; boundary="${boundary}"; type="application/xop+xml"; start="<${rootId}>"; ` +
      `start-info="application/soap+xml"; action="${action}"`,
    ...body(pieces),
  };
}

/** A SOAP 1.2 message without attachment (RFC 3902). */
export function soapMessage(envelope: string, action: string): HttpMessage {
  return {
    contentType: `application/soap+xml; charset=UTF-8; action="${action}"`,
    ...body([Buffer.from(envelope)]),
  };
}

function body(pieces: readonly Uint8Array[]): Pick<HttpMessage, "contentLength" | "bytes"> {
  return {
    contentLength: pieces.reduce((total, piece) => total + piece.length, 0),
    async *bytes() {
      for (const piece of pieces) {
        for (let at = 0; at < piece.length; at += CHUNK) yield piece.subarray(at, at + CHUNK);
      }
    },
  };
}
