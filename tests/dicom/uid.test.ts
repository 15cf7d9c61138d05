import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { derivedUID, isValidUID, newUID, uidFromUuid } from "../../appliance/dicom/index.ts";

describe("UIDs", () => {
  it.each([
    ["1.2.840.10008.1.2", true],
    ["2.25.0", true],
    ["0.0", true],
    [`1.${"2".repeat(62)}`, true],
    [`1.${"2".repeat(63)}`, false],
    ["1", false],
    ["", false],
    ["1.02", false],
    ["1..2", false],
    ["1.2.", false],
    ["1.2 ", false],
    ["1.2\n", false],
    ["1.2/../3", false],
  ])("%j: %s", (uid, valid) => {
    expect(isValidUID(uid)).toBe(valid);
  });

  it("writes a UUID under 2.25 (PS3.5 B.2, ITU-T X.667)", () => {
    expect(uidFromUuid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")).toBe("2.25.329800735698586629295641978511506172918");
    expect(uidFromUuid("00000000-0000-0000-0000-000000000000")).toBe("2.25.0");
  });

  it("derives the same UID from the same seed, a version 8 UUID (RFC 9562)", () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const uid = derivedUID(seed);
        expect(isValidUID(uid)).toBe(true);
        expect(derivedUID(Buffer.from(seed))).toBe(uid);
        expect(derivedUID(`${seed}.`)).not.toBe(uid);
        const hex = BigInt(uid.slice(5)).toString(16).padStart(32, "0");
        expect(hex[12]).toBe("8");
        expect("89ab").toContain(hex[16]);
      }),
    );
  });

  it("never makes the same one twice", () => {
    expect(new Set(Array.from({ length: 1000 }, newUID)).size).toBe(1000);
    expect(isValidUID(newUID())).toBe(true);
  });
});
