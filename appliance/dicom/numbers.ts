import type { VR } from "./vr.ts";

/** How one binary number is read and written (PS3.5 6.2). */
interface NumberFormat {
  /** Bytes of one value. */
  readonly size: number;
  get(view: DataView, at: number, littleEndian: boolean): number;
  set(view: DataView, at: number, value: number, littleEndian: boolean): void;
}

const formats: Readonly<Partial<Record<VR, NumberFormat>>> = {
  US: { size: 2, get: (v, at, le) => v.getUint16(at, le), set: (v, at, value, le) => v.setUint16(at, value, le) },
  SS: { size: 2, get: (v, at, le) => v.getInt16(at, le), set: (v, at, value, le) => v.setInt16(at, value, le) },
  UL: { size: 4, get: (v, at, le) => v.getUint32(at, le), set: (v, at, value, le) => v.setUint32(at, value, le) },
  SL: { size: 4, get: (v, at, le) => v.getInt32(at, le), set: (v, at, value, le) => v.setInt32(at, value, le) },
  FL: { size: 4, get: (v, at, le) => v.getFloat32(at, le), set: (v, at, value, le) => v.setFloat32(at, value, le) },
  FD: { size: 8, get: (v, at, le) => v.getFloat64(at, le), set: (v, at, value, le) => v.setFloat64(at, value, le) },
  UV: {
    size: 8,
    get: (v, at, le) => Number(v.getBigUint64(at, le)),
    set: (v, at, value, le) => v.setBigUint64(at, BigInt(value), le),
  },
  SV: {
    size: 8,
    get: (v, at, le) => Number(v.getBigInt64(at, le)),
    set: (v, at, value, le) => v.setBigInt64(at, BigInt(value), le),
  },
  // A tag is two 16-bit numbers, whatever the endianness: group, then element.
  AT: {
    size: 4,
    get: (v, at, le) => v.getUint16(at, le) * 0x10000 + v.getUint16(at + 2, le),
    set(v, at, value, le) {
      v.setUint16(at, value >>> 16, le);
      v.setUint16(at + 2, value & 0xffff, le);
    },
  },
};

/** The numbers in a value field; bytes that do not fill a number are left out. */
export function readNumbers(bytes: Uint8Array, vr: VR, littleEndian: boolean): number[] {
  const format = formats[vr];
  if (format === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values: number[] = [];
  for (let at = 0; at + format.size <= bytes.length; at += format.size) values.push(format.get(view, at, littleEndian));
  return values;
}

/** Numbers as a value field; undefined when one does not suit the VR. */
export function writeNumbers(values: readonly number[], vr: VR, littleEndian: boolean): Uint8Array | undefined {
  const format = formats[vr];
  if (format === undefined) return undefined;
  const bytes = new Uint8Array(values.length * format.size);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    if (typeof value !== "number" || (vr !== "FL" && vr !== "FD" && !Number.isSafeInteger(value))) return undefined;
    format.set(view, index * format.size, value, littleEndian);
    const written = format.get(view, index * format.size, littleEndian);
    if (written !== value && vr !== "FL" && vr !== "FD") return undefined;
  }
  return bytes;
}
