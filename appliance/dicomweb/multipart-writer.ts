import { randomBytes } from "node:crypto";

/** A body of parts that is written as it goes (RFC 2046 5.1, RFC 2387): nothing of a part is copied. */
export interface MultipartWriter {
  /** Content-Type of the whole. */
  readonly contentType: string;
  /** What stands before the body of a part. */
  part(contentType: string, location?: string): Buffer;
  /** What stands behind the last one: without it the body is not whole. */
  readonly end: Buffer;
}

export interface MultipartOptions {
  /** Of the parts. */
  readonly type: string;
  /** UID, when all parts have the same. */
  readonly transferSyntax?: string;
}

/** The boundary is made of 128 random bits: no image holds it but by a chance that nobody lives to see. */
export function createMultipart({ type, transferSyntax }: MultipartOptions): MultipartWriter {
  const boundary = randomBytes(16).toString("hex");
  const syntax = transferSyntax === undefined ? "" : `; transfer-syntax=${transferSyntax}`;
  let first = true;
  return {
    contentType: `multipart/related; type="${type}"${syntax}; boundary=${boundary}`,
    part(contentType, location) {
      const lines = [`--${boundary}`, `Content-Type: ${contentType}`];
      if (location !== undefined) lines.push(`Content-Location: ${location}`);
      const before = first ? "" : "\r\n";
      first = false;
      return Buffer.from(`${before}${lines.join("\r\n")}\r\n\r\n`, "latin1");
    },
    end: Buffer.from(`\r\n--${boundary}--\r\n`, "latin1"),
  };
}
