/** The codecs in WebAssembly, each loaded when it is first needed. For the worker only. */
import { CodedError } from "../base/index.ts";
import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";

const loaders = {
  "JPEG-LS": async (options: Cornerstone.Options) => (await import("@cornerstonejs/codec-charls/wasmjs")).default(options),
  "JPEG 2000": async (options: Cornerstone.Options) => (await import("@cornerstonejs/codec-openjpeg/wasmjs")).default(options),
  HTJ2K: async (options: Cornerstone.Options) => (await import("@cornerstonejs/codec-openjph/wasmjs")).default(options),
  JPEG: async (options: Cornerstone.Options) =>
    (await import("@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs")).default(options),
};

type Loaders = typeof loaders;
export type CodecName = keyof Loaders;
type Codec<Name extends CodecName> = Awaited<ReturnType<Loaders[Name]>>;

const loaded = new Map<CodecName, unknown>();
/** Set when the codec prints that it failed: that of JPEG 2000 says it in no other way. */
let complained = false;

/**
 * Has the codec do its work. One that throws is never used again: what it left in its memory is not to be trusted. Throws
 * PIXELS_DAMAGED for whatever is thrown.
 */
export async function withCodec<Name extends CodecName, Result>(
  name: Name,
  work: (codec: Codec<Name>) => Result,
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
    throw fault("PIXELS_DAMAGED", { details: { codec: name }, cause: error });
  }
}

function listen(line: string): void {
  if (/error/i.test(line)) complained = true;
}

/** The most that all codecs of this thread may take, each: memory of WebAssembly counts in no other limit. */
export function boundCodecs(): void {
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (pages) {
    if (this.buffer.byteLength + Number(pages) * 0x1_0000 > pixelsLimits.codecBytes) throw new RangeError("too much memory");
    return grow.call(this, pages);
  };
}
