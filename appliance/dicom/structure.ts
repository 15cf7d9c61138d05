import { vrOf } from "./dictionary.ts";
import {
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  type TransferSyntax,
} from "./transfer-syntax.ts";
import { vrFromCode } from "./vr.ts";

/** PS3.10 7.1: the preamble, then the four letters. */
export const PREAMBLE_LENGTH = 128;
const PREFIX = "DICM";

/** Where the file meta information begins, found by its structure; undefined when there is none. */
export function metaOffset(bytes: Buffer): number | undefined {
  const afterPrefix = PREAMBLE_LENGTH + PREFIX.length;
  if (bytes.toString("latin1", PREAMBLE_LENGTH, afterPrefix) === PREFIX && isMetaElement(bytes, afterPrefix)) {
    return afterPrefix;
  }
  return isMetaElement(bytes, 0) ? 0 : undefined;
}

/** True when an element of group 0002 in explicit VR little endian, which PS3.10 7.1 prescribes, stands at `at`. */
export function isMetaElement(bytes: Buffer, at: number): boolean {
  return at + 8 <= bytes.length && bytes.readUInt16LE(at) === 0x0002 && isVR(bytes, at + 4);
}

/**
 * The transfer syntax that the first element at `at` is written in, when nothing says it: a low group, then either a VR
 * of the standard or, in implicit VR, a tag of the dictionary and a length that fits. Undefined when neither holds.
 */
export function guessTransferSyntax(bytes: Buffer, at: number): TransferSyntax | undefined {
  if (at + 8 > bytes.length) return undefined;
  const little = bytes.readUInt16LE(at);
  if (isFirstGroup(little)) {
    if (isVR(bytes, at + 4)) return ExplicitVRLittleEndian;
    const tag = little * 0x10000 + bytes.readUInt16LE(at + 2);
    const fits = bytes.readUInt32LE(at + 4) <= bytes.length - at - 8;
    return fits && vrOf(tag) !== "UN" ? ImplicitVRLittleEndian : undefined;
  }
  return isFirstGroup(bytes.readUInt16BE(at)) && isVR(bytes, at + 4) ? ExplicitVRBigEndian : undefined;
}

/** A composite object begins with group 0008, a bare identifier may begin with 0010 or 0020, a directory with 0004. */
function isFirstGroup(group: number): boolean {
  return group === 0x0004 || group === 0x0008 || group === 0x0010 || group === 0x0020;
}

function isVR(bytes: Buffer, at: number): boolean {
  return vrFromCode(bytes.readUInt16BE(at)) !== undefined;
}
