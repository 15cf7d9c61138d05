import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssociateAccept, AssociateRequest, Pdu } from "../../appliance/dimse/pdu.ts";
import { PduReader } from "../../appliance/dimse/pdu-reader.ts";
import { InvalidPdu } from "../../appliance/dimse/pdu-violation.ts";
import { dataTransferParts, encodePdu } from "../../appliance/dimse/pdu-writer.ts";
import { associateAc, associateRq, dataValue, item, pData, pdu, text } from "../support/parrot.ts";

const MAXIMUM = 16_384;

/** Reads bytes given in the pieces that `cuts` says. */
function read(bytes: Buffer, cuts: readonly number[] = []): Pdu[] {
  const reader = new PduReader(MAXIMUM);
  const found: Pdu[] = [];
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (let i = 1; i < edges.length; i += 1) {
    reader.push(bytes.subarray(edges[i - 1], edges[i]));
    for (let one = reader.next(); one !== undefined; one = reader.next()) found.push(one);
  }
  return found;
}

/** Fragments compared by their bytes, not by how the chunks fell. */
function plain(pdus: readonly Pdu[]): unknown[] {
  return pdus.map((one) =>
    one.type === "P-DATA-TF"
      ? { ...one, values: one.values.map((v) => ({ ...v, data: Buffer.concat(v.data).toString("hex") })) }
      : one,
  );
}

const uid = fc.array(fc.nat(9_999), { minLength: 2, maxLength: 8 }).map((parts) => `1.${parts.join(".")}`);
const title = fc.stringMatching(/^[A-Z0-9_]{1,16}$/);
const user = fc.record({
  maximumLength: fc.nat(0xffffffff),
  implementationClassUID: uid,
  roles: fc.array(fc.record({ sopClassUID: uid, scu: fc.boolean(), scp: fc.boolean() }), { maxLength: 4 }),
});
const common = {
  protocolVersion: fc.constant(1),
  calledAETitle: title,
  callingAETitle: title,
  applicationContext: uid,
  user,
};
const ids = fc.uniqueArray(fc.nat(127), { maxLength: 12 }).map((all) => all.map((n) => 2 * n + 1));
const request: fc.Arbitrary<AssociateRequest> = fc.record({
  type: fc.constant("A-ASSOCIATE-RQ" as const),
  ...common,
  contexts: fc
    .tuple(ids, uid, fc.array(uid, { minLength: 1, maxLength: 5 }))
    .map(([all, abstractSyntax, transferSyntaxes]) => all.map((id) => ({ id, abstractSyntax, transferSyntaxes }))),
});
const accept: fc.Arbitrary<AssociateAccept> = fc.record({
  type: fc.constant("A-ASSOCIATE-AC" as const),
  ...common,
  contexts: fc
    .tuple(ids, uid)
    .map(([all, transferSyntax]) => all.map((id) => ({ id, result: 0 as const, transferSyntax }))),
});

describe("PDUs", () => {
  it("are read as they were written, however the network cuts them", () => {
    const byte = fc.nat(255);
    const any = fc.oneof(
      request,
      accept,
      fc.record({ type: fc.constant("A-ASSOCIATE-RJ" as const), result: byte, source: byte, reason: byte }),
      fc.record({ type: fc.constant("A-ABORT" as const), source: byte, reason: byte }),
      fc.record({ type: fc.constantFrom("A-RELEASE-RQ" as const, "A-RELEASE-RP" as const) }),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 3 }), fc.array(fc.nat(), { maxLength: 20 }), (pdus, cuts) => {
        const bytes = Buffer.concat(pdus.map((one) => encodePdu(one as Exclude<Pdu, { type: "P-DATA-TF" }>)));
        expect(read(bytes, cuts)).toEqual(pdus);
      }),
      { numRuns: 200 },
    );
  });

  it("carry fragments through, however they are cut", () => {
    const value = fc.record({
      contextId: fc.nat(127).map((n) => 2 * n + 1),
      command: fc.boolean(),
      last: fc.boolean(),
      data: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (values, cuts) => {
          const bytes = Buffer.concat(dataTransferParts(values));
          expect(plain(read(bytes, cuts))).toEqual(plain([{ type: "P-DATA-TF", values }]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("cut at every byte give the same", () => {
    const bytes = Buffer.concat([
      associateRq(),
      pData(1, { command: true, last: true }, Buffer.from("command!")),
      pData(1, { command: false, last: true }, Buffer.from("the data")),
    ]);
    const whole = plain(read(bytes));
    expect(whole).toHaveLength(3);
    for (let cut = 1; cut < bytes.length; cut += 1) expect(plain(read(bytes, [cut]))).toEqual(whole);
    expect(plain(read(bytes, [...bytes.keys()]))).toEqual(whole);
  });

  it("are views of what was received: nothing is copied", () => {
    const bytes = pData(1, { command: false, last: true }, Buffer.alloc(1_000, 7));
    const [one] = read(bytes);
    const piece = one?.type === "P-DATA-TF" ? one.values[0]?.data[0] : undefined;
    expect(piece?.buffer).toBe(bytes.buffer);
  });

  it("may hold items and roles that nobody knows", () => {
    const bytes = associateRq({
      moreUserItems: [item(0x5a, text("what")), item(0x58, Buffer.from([1, 0, 0, 0, 0, 0]))],
    });
    const [one] = read(bytes);
    expect(one?.type === "A-ASSOCIATE-RQ" && one.user.implementationVersionName).toBe("PARROT");
  });

  it("accept UIDs that a peer padded", () => {
    const [one] = read(associateRq({ proposed: [[1, "1.2.840.10008.1.1\0", ["1.2.840.10008.1.2 "]]] }));
    expect(one?.type === "A-ASSOCIATE-RQ" && one.contexts).toEqual([
      { id: 1, abstractSyntax: "1.2.840.10008.1.1", transferSyntaxes: ["1.2.840.10008.1.2"] },
    ]);
  });

  it("accept a refused context without any transfer syntax", () => {
    const refused = Buffer.concat([Buffer.from([3, 0, 3, 0])]);
    const whole = associateAc();
    const user = whole.indexOf(Buffer.from([0x50, 0]));
    const body = Buffer.concat([whole.subarray(6, user), item(0x21, refused), whole.subarray(user)]);
    const [one] = read(pdu(2, body));
    expect(one?.type === "A-ASSOCIATE-AC" && one.contexts[1]).toEqual({ id: 3, result: 3, transferSyntax: "" });
  });
});

describe("bytes that are no PDU", () => {
  const huge = (type: number, length: number) => {
    const header = Buffer.alloc(6);
    header[0] = type;
    header.writeUInt32BE(length, 2);
    return header;
  };

  it.each([
    ["another protocol", Buffer.from("G"), 1],
    ["type 0", Buffer.from([0]), 1],
    ["type 8", Buffer.from([8]), 1],
    ["a P-DATA-TF above our maximum", huge(4, MAXIMUM + 1), 6],
    ["a P-DATA-TF of 4 GiB", huge(4, 0xffffffff), 6],
    ["a P-DATA-TF without a value", huge(4, 0), 6],
    ["an A-ASSOCIATE-RQ of 4 GiB", huge(1, 0xffffffff), 6],
    ["an A-ASSOCIATE-AC of 1 MiB", huge(2, 1_048_576), 6],
    ["an A-RELEASE-RQ of 5 bytes", huge(5, 5), 6],
    ["an A-ABORT without body", huge(7, 0), 6],
  ])("%s is refused on its header", (_, bytes, reason) => {
    const reader = new PduReader(MAXIMUM);
    reader.push(bytes);
    expect(() => reader.next()).toThrow(expect.objectContaining({ reason }));
  });

  it.each([
    ["a value longer than its PDU", pdu(4, Buffer.from([0, 0, 0, 9, 1, 3, 0, 0]))],
    ["a value of one byte", pdu(4, Buffer.from([0, 0, 0, 1, 1, 3, 0, 0]))],
    ["a value of 4 GiB", pdu(4, Buffer.from([255, 255, 255, 255, 1, 3]))],
    [
      "a cut second value",
      pdu(4, Buffer.concat([dataValue(1, { command: true, last: true }, text("ab")), text("abc")])),
    ],
    ["a request of 10 bytes", pdu(1, Buffer.alloc(10))],
    ["a request without user information", pdu(1, associateRq().subarray(6, 74))],
    ["an item that leaves the PDU", pdu(1, Buffer.concat([associateRq().subarray(6), Buffer.from([0x20, 0, 9, 9])]))],
    ["an even context identifier", associateRq({ proposed: [[2, "1.2.3", ["1.2.3"]]] })],
    ["a context identifier twice", associateRq({ proposed: [1, 1].map((id) => [id, "1.2.3", ["1.2.3"]] as const) })],
    ["a UID that is a path", associateRq({ proposed: [[1, "../../etc/passwd", ["1.2.3"]]] })],
    ["a UID of 65 characters", associateRq({ proposed: [[1, "1.".repeat(32).concat("1"), ["1.2.3"]]] })],
    ["a role selection longer than its item", associateRq({ moreUserItems: [item(0x54, Buffer.from([0, 200, 49]))] })],
  ])("%s is refused", (_, bytes) => {
    expect(() => read(bytes)).toThrow(InvalidPdu);
  });

  it("never do anything else than be refused", () => {
    const seeds = [associateRq(), associateAc(), pData(1, { command: true, last: true }, Buffer.alloc(40))];
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { maxLength: 6 }), (seed, changes) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPdu);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
