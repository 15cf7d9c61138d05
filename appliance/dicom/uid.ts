import { createHash, randomUUID } from "node:crypto";

/** PS3.5 9.1: at most 64 characters. */
const MAX_UID_LENGTH = 64;

/** A UID as PS3.5 9.1 writes it: digits and dots, no leading zero in a component, at most 64 characters. */
export function isValidUID(uid: string): boolean {
  return uid.length <= MAX_UID_LENGTH && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(uid);
}

/** A UUID under the 2.25 arc (PS3.5 B.2): its 128 bits as one decimal integer. */
export function uidFromUuid(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll("-", "")}`)}`;
}

/** The same UID for the same seed: SHA-256 of the seed as a version 8 UUID (RFC 9562 5.8) under 2.25. */
export function derivedUID(seed: string | Uint8Array): string {
  const bits = createHash("sha256").update(seed).digest().subarray(0, 16);
  bits[6] = (bits[6]! & 0x0f) | 0x80;
  bits[8] = (bits[8]! & 0x3f) | 0x80;
  return uidFromUuid(bits.toString("hex"));
}

/** A UID that nobody else has: a random version 4 UUID under 2.25. */
export function newUID(): string {
  return uidFromUuid(randomUUID());
}
