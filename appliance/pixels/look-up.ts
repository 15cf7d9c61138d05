import { type DataSet, type Tag, tagString } from "../dicom/index.ts";
import { fault } from "./errors.ts";
import { pixelsLimits } from "./limits.ts";
import type { LookUp } from "./model.ts";

/**
 * A look-up table of a data set (PS3.3 C.11.1.1, C.7.6.3.1.5): entries, first value and bits in its descriptor, entries in words or
 * packed in bytes. Undefined when it is not there; throws PIXELS_UNDESCRIBED for one that is not whole.
 */
export function readLookUp(dataSet: DataSet, descriptor: Tag, data: Tag, signed: boolean): LookUp | undefined {
  const said = dataSet.numbers(descriptor);
  const bytes = dataSet.bytes(data);
  if (said.length === 0 && bytes === undefined) return undefined;
  const [count = 0, first = 0, bits = 0] = said;
  const entries = count === 0 ? pixelsLimits.lutEntries : count & 0xffff;
  if (bytes === undefined || said.length !== 3 || bits < 8 || bits > 16) throw undescribed(descriptor);
  const words = bytes.length >= entries * 2;
  if (!words && (bits !== 8 || bytes.length < entries)) throw undescribed(data);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = words ? (at: number) => view.getUint16(at * 2, true) : (at: number) => view.getUint8(at);
  return {
    // The descriptor is US or SS; whether its sign counts depends on the pixels.
    first: signed ? ((first & 0xffff) << 16) >> 16 : first & 0xffff,
    entries: Uint16Array.from({ length: entries }, (_, at) => read(at)),
    largest: 2 ** bits - 1,
  };
}

/** The entry of a value. */
export function lookUp({ first, entries }: LookUp, value: number): number {
  return entries[Math.min(Math.max(Math.round(value) - first, 0), entries.length - 1)] as number;
}

function undescribed(tag: Tag) {
  return fault("PIXELS_UNDESCRIBED", { where: tagString(tag) });
}
