import type { VR } from "../vr.ts";

/** RFC 8259 6. */
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** PS3.5 6.2: a plus sign, zeros in front, a point without digits on one side. */
const DECIMAL_STRING = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A value of IS or DS as a JSON number, digit for digit where JSON can; a string when it is no number (PS3.18 F.2.3). */
export function decimalToJson(text: string): string {
  if (!DECIMAL_STRING.test(text) || !Number.isFinite(Number(text))) return JSON.stringify(text);
  return JSON_NUMBER.test(text) ? text : String(Number(text));
}

/** A binary number; JSON has no infinity, and no reader keeps integers beyond 2^53: those are strings. */
export function numberToJson(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? '"NaN"' : value > 0 ? '"inf"' : '"-inf"';
}

/** The values of SV or UV, whose precision a number of JavaScript may not hold. */
export function longsToJson(bytes: Uint8Array, vr: VR, littleEndian: boolean): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const value = vr === "SV" ? view.getBigInt64(at, littleEndian) : view.getBigUint64(at, littleEndian);
    texts.push(Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`);
  }
  return texts;
}
