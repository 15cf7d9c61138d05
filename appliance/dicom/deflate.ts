import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw, deflateRawSync, inflateRawSync } from "node:zlib";
import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import type { DicomLimits } from "./limits.ts";

/** A small deflated data set may grow to this whatever the ratio: 200 times 5 bytes is no ceiling. */
const SMALL_INFLATED = 1024 * 1024;

/** Inflates a deflated data set (PS3.5 A.5) within the limits. */
export function inflate(bytes: Uint8Array, limits: DicomLimits): Buffer {
  const limit = inflateLimit(bytes.length, limits);
  try {
    return inflateRawSync(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw invalid(cause);
  }
}

/** Inflates as the bytes come, within the limits; reads no faster than it is read. */
export async function* inflateStream(
  source: AsyncIterable<Uint8Array>,
  limits: DicomLimits,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  let produced = 0;
  async function* counted() {
    for await (const chunk of source) {
      received += chunk.length;
      yield chunk;
    }
  }
  const inflater = createInflateRaw();
  // What fails while feeding also ends the inflater: it is thrown below, once.
  pipeline(Readable.from(counted(), { objectMode: false }), inflater).catch(() => {});
  try {
    for await (const chunk of inflater) {
      produced += chunk.length;
      const limit = inflateLimit(received, limits);
      if (produced > limit) throw tooLarge(limit);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof CodedError || !isZlibError(cause)) throw cause;
    throw invalid(cause);
  }
}

/** Deflates a data set; a stream of odd length is followed by one null byte (PS3.5 A.5). */
export function deflate(bytes: Uint8Array): Buffer {
  const deflated = deflateRawSync(bytes);
  return deflated.length & 1 ? Buffer.concat([deflated, Buffer.alloc(1)]) : deflated;
}

/** What `length` deflated bytes may become. */
function inflateLimit(length: number, limits: DicomLimits): number {
  return Math.min(limits.inflatedBytes, Math.max(SMALL_INFLATED, length * limits.inflateRatio));
}

function isZlibError(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_");
}

function tooLarge(limit: number): CodedError {
  return fault("DICOM_INFLATE_LIMIT", { details: { limit } });
}

function invalid(cause: unknown): CodedError {
  return fault("DICOM_INFLATE_INVALID", { cause });
}
