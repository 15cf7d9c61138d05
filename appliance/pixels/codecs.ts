/** The codecs in WebAssembly, each loaded when it is first needed. For the worker only. */
import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";

/** Memory of WebAssembly grows by pages. */
const PAGE_BYTES = 64 * 1024;

const loaders = {
  "JPEG-LS": async (options: Cornerstone.Options) =>
    (await import("@cornerstonejs/codec-charls/wasmjs")).default(options),
  "JPEG 2000": async (options: Cornerstone.Options) =>
    (await import("@cornerstonejs/codec-openjpeg/wasmjs")).default(options),
  HTJ2K: async (options: Cornerstone.Options) => (await import("@cornerstonejs/codec-openjph/wasmjs")).default(options),
  JPEG: async (options: Cornerstone.Options) =>
    (await import("@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs")).default(options),
};

type Loaders = typeof loaders;
export type CodecName = keyof Loaders;
export type Codec<Name extends CodecName> = Awaited<ReturnType<Loaders[Name]>>;

const loaded = new Map<CodecName, unknown>();
/** Set when the codec prints that it failed: that of JPEG 2000 says it in no other way. */
let complained = false;

/**
 * Has the codec do its work. One that throws is never used again: what it left in its memory is not to be trusted. Whatever is
 * thrown becomes `failure`.
 */
export async function withCodec<Name extends CodecName, Result>(
  name: Name,
  work: (codec: Codec<Name>) => Result,
  failure: "PIXELS_DAMAGED" | "PIXELS_NOT_COMPRESSED",
): Promise<Result> {
  try {
    const codec = (loaded.get(name) ?? (await loaders[name]({ print: listen, printErr: listen }))) as Codec<Name>;
    loaded.set(name, codec);
    complained = false;
    const result = work(codec);
    if (complained) throw new Error("the codec complained");
    return result;
  } catch (error) {
    loaded.delete(name);
    if (error instanceof CodedError) throw error;
    throw fault(failure, { details: { codec: name }, cause: error });
  }
}

function listen(line: string): void {
  if (/error/i.test(line)) complained = true;
}

/** What the types of Node do not say of WebAssembly. */
interface Memory {
  readonly buffer: ArrayBufferLike;
  grow(this: Memory, pages: number): number;
}

let taken = 0;

/** What the codecs of this thread took, in bytes, as far as `boundCodecs` saw it: memory of WebAssembly never shrinks. */
export function codecBytes(): number {
  return taken;
}

/** The most that each codec of this thread may take: memory of WebAssembly counts in no other limit. */
export function boundCodecs(): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } };
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  prototype.grow = function (pages) {
    if (this.buffer.byteLength + pages * PAGE_BYTES > pixelsLimits.codecBytes) throw new RangeError("too much memory");
    taken += pages * PAGE_BYTES;
    return grow.call(this, pages);
  };
}
