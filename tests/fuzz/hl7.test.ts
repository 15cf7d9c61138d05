/** Whatever a RIS sends: a report, an order or a coded error, never more than was sent, and an answer in every case. */
import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import {
  buildAck,
  Framer,
  frame,
  MAX_SEGMENTS,
  parseMessage,
  type ReadMessage,
  readMessage,
} from "../../appliance/hl7/index.ts";
import { buildOrderMessage, buildReportMessage, nextVersion, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { sharedSamples } from "../support/samples.ts";

const now = new Date("2026-11-25T03:04:05Z");
const report = sandboxReport({ pdf: Buffer.from("%PDF-1.4") });
const families = ["ORU", "MDM"] as const;
const made = families.flatMap((family) => [
  buildReportMessage(report, { family, controlId: "F1" }),
  buildReportMessage(nextVersion(report), { family, controlId: "F2", action: "replace", charset: "8859/15" }),
  buildReportMessage(report, { family, controlId: "F3", action: "delete", fields: { "OBX-5": "" } }),
]);
const orders = (["create", "change", "cancel"] as const).map((action) =>
  buildOrderMessage(report, { controlId: "F4", action }),
);
const folder = sharedSamples();
/** Published messages beside our own, where they are on the machine; one of 300 kB says no more than one of 30. */
const published =
  folder === undefined ? [] : globSync(`${folder}/hl7v2/**/*.{hl7,er7}`).map((file) => readFileSync(file));
const seeds = [...made, ...orders, ...published.filter((bytes) => bytes.length < 32_000)];

/** What stands between two delimiters, and what should not. */
const tokens = [
  ..."|^~&\\",
  "\r",
  "\n",
  "\r\n",
  "\0",
  "\x0b",
  "\x1c",
  '""',
  "{{x}}",
  "\\X00\\",
  "\\XFF\\",
  "\\X",
  "\\.br\\",
  "\xff",
  "\ufeff",
  "MSH|",
  "PID|",
  "\rOBX|1|ED|18748-4||",
  "\rIPC|1",
  "^TEXT^XML^Base64^",
  "QUJD",
  "=",
  "__proto__",
  "constructor",
  "9".repeat(300),
  "|".repeat(250),
  "~".repeat(250),
].map((token) => Buffer.from(token));

type Edit = (bytes: Buffer, at: number) => Buffer;

const splice = (bytes: Buffer, at: number, length: number, put: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)]);

/** Lines taken out, doubled, moved: what a faulty interface engine does. */
const shuffled =
  (from: number, to: number, keep: boolean): Edit =>
  (bytes) => {
    const lines = bytes.toString("latin1").split("\r");
    const [line = ""] = keep ? [lines[from % lines.length]] : lines.splice(from % lines.length, 1);
    lines.splice(to % (lines.length + 1), 0, line);
    return Buffer.from(lines.join("\r"), "latin1");
  };

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.constantFrom(...tokens).map(
    (token): Edit =>
      (bytes, at) =>
        splice(bytes, at, 0, token),
  ),
  fc.uint8Array({ maxLength: 6 }).map(
    (put): Edit =>
      (bytes, at) =>
        splice(bytes, at, put.length, put),
  ),
  fc.nat(60).map(
    (length): Edit =>
      (bytes, at) =>
        splice(bytes, at, length, new Uint8Array()),
  ),
  fc.tuple(fc.nat(40), fc.nat(40), fc.boolean()).map(([from, to, keep]) => shuffled(from, to, keep)),
  fc.constantFrom("8859/1", "8859/15", "ASCII", "UTF8", "KLINGON", "").map(
    (set): Edit =>
      (bytes) =>
        Buffer.from(bytes.toString("latin1").replace(/\|(?:UNICODE UTF-8|8859\/15)\|/, `|${set}|`), "latin1"),
  ),
);

const damaged = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(edit, fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 5 }),
  )
  .map(([seed, edits]) =>
    edits.reduce<Buffer>((bytes, [change, where]) => {
      // Half of the damage falls on the head, where the meaning is.
      const reach = where < 0.5 ? Math.min(bytes.length, 1200) : bytes.length;
      return change(bytes, Math.floor(where * reach));
    }, seed),
  );
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom(...tokens), { maxLength: 60 })
    .map((parts) => Buffer.concat([Buffer.from("MSH|^~\\&|"), ...parts])),
);

/** `PID-3[2].1`, as ERR-2 takes it. */
const PLACE = /^[A-Z][A-Z0-9]{2}(?:\[\d+\])?(?:-\d+(?:\[\d+\])?(?:\.\d+(?:\.\d+)?)?)?$/;
const traits = [
  ...Object.values(report.patient).filter((v) => typeof v === "string" && v.length > 3),
  "285039999900196",
];

function read(bytes: Buffer): ReadMessage | CodedError {
  try {
    return readMessage(parseMessage(bytes));
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

describe("any bytes", () => {
  it("are a report, an order, or a coded error that says where and never who", () => {
    const seen = { report: 0, order: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof({ weight: 6, arbitrary: damaged }, noise), (bytes) => {
        const result = read(bytes);
        if (result instanceof CodedError) {
          seen.refused++;
          expect(result.code).toMatch(/^HL7_/);
          if (result.where !== undefined) expect(result.where).toMatch(PLACE);
          const said = JSON.stringify([result, result.details]);
          for (const trait of traits) expect(said).not.toContain(trait);
          return;
        }
        seen[result.kind]++;
        const { remarks, ...facts } = result.kind === "report" ? result.report : result.order;
        expect(remarks.length).toBeLessThan(MAX_SEGMENTS + 50);
        for (const { code, where } of remarks)
          expect([code, where]).toEqual([expect.stringMatching(/^HL7_/), expect.stringMatching(PLACE)]);
        // Nothing grows: a megabyte is no answer to a kilobyte.
        const { document = new Uint8Array(), ...rest } = { ...facts } as { document?: Uint8Array };
        expect(document.length).toBeLessThan(bytes.length);
        expect(JSON.stringify(rest).length).toBeLessThan(2000 + 60 * bytes.length);
        expect(read(bytes)).toEqual(result);
      }),
      { numRuns: 3000 },
    );
    // The damage is neither so light nor so heavy that nothing is tested.
    expect(Math.min(seen.report, seen.order, seen.refused)).toBeGreaterThan(20);
  });

  it("are answered, in one short acknowledgement", () => {
    fc.assert(
      fc.property(fc.oneof(damaged, noise), (bytes) => {
        const result = read(bytes);
        const error = result instanceof CodedError ? { error: result } : {};
        const answer = buildAck(bytes, { code: "error" in error ? "AE" : "AA", controlId: "A1", now, ...error });
        expect(answer.length).toBeLessThan(4096);
        const lines = answer.toString("latin1").split("\r");
        expect(lines.map((line) => line.slice(0, 3))).toEqual(["MSH", "MSA", ...("error" in error ? ["ERR"] : []), ""]);
        expect(lines.every((line) => !/[\x00-\x1f]/.test(line))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it("on the line give back no byte twice, keep to the limit, and never two messages as one", () => {
    const piece = fc.oneof(
      fc.constantFrom(...seeds.slice(0, 4)).map((seed) => frame(seed.subarray(0, 200))),
      fc.constantFrom(...tokens),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 12 }), (pieces, cuts) => {
        const stream = Buffer.concat(pieces);
        const ends = [...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
        const framer = new Framer(600);
        let out = 0;
        ends.forEach((end, i) => {
          for (const event of framer.push(stream.subarray(ends[i - 1] ?? 0, end))) {
            if (event.kind === "too-large") continue;
            out += event.bytes.length;
            if (event.kind !== "message") continue;
            expect(event.bytes.length).toBeLessThanOrEqual(600);
            expect(event.bytes.includes(0x1c)).toBe(false);
            expect(event.bytes.includes("\x0bMSH")).toBe(false);
          }
        });
        expect(out).toBeLessThanOrEqual(stream.length);
      }),
      { numRuns: 1500 },
    );
  });
});
