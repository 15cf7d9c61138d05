import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  DeflatedExplicitVRLittleEndian,
  ExplicitVRLittleEndian,
  ImplicitVRLittleEndian,
  readDataSet,
  readHeader,
} from "../../appliance/dicom/index.ts";
import {
  codeOf,
  explicit,
  implicit,
  inChunks,
  item,
  openItem,
  sequenceEnd,
  tagBytes,
  UNDEFINED,
  u32,
} from "./bytes.ts";

const read =
  (bytes: Uint8Array, transferSyntax = ExplicitVRLittleEndian) =>
  () =>
    readDataSet(bytes, { transferSyntax });

describe("claims that the bytes do not keep", () => {
  it.each([
    ["a value longer than the file", explicit(0x00091001, "OB", "ab", 0xfffffffe), "DICOM_TRUNCATED"],
    ["a short value longer than the file", explicit(0x00080060, "CS", "CT", 3), "DICOM_TRUNCATED"],
    ["half a header", tagBytes(0x00080060), "DICOM_TRUNCATED"],
    ["half a long header", explicit(0x00091001, "OB", "").subarray(0, 10), "DICOM_TRUNCATED"],
    ["a sequence longer than the file", explicit(0x00081115, "SQ", "", 100), "DICOM_TRUNCATED"],
    [
      "an item longer than its sequence",
      explicit(0x00081115, "SQ", Buffer.concat([tagBytes(0xfffee000), u32(9)])),
      "DICOM_LENGTH_INVALID",
    ],
    [
      "an element that leaves its item",
      explicit(0x00081115, "SQ", item(explicit(0x00080060, "CS", "CT", 200))),
      "DICOM_LENGTH_INVALID",
    ],
    [
      "a sequence that leaves its item",
      explicit(0x00081115, "SQ", item(explicit(0x00081199, "SQ", "", 8))),
      "DICOM_LENGTH_INVALID",
    ],
    ["a text of undefined length", explicit(0x00104000, "UT", "abcd", UNDEFINED), "DICOM_LENGTH_INVALID"],
    ["a sequence without end", explicit(0x00081115, "SQ", openItem(), UNDEFINED), "DICOM_TRUNCATED"],
    [
      "an element where an item should be",
      explicit(0x00081115, "SQ", explicit(0x00080060, "CS", "CT")),
      "DICOM_SEQUENCE_INVALID",
    ],
    ["an item outside a sequence", item(), "DICOM_SEQUENCE_INVALID"],
    [
      "the end of an item in one of known length",
      explicit(0x00081115, "SQ", item(Buffer.concat([tagBytes(0xfffee00d), u32(0)]))),
      "DICOM_SEQUENCE_INVALID",
    ],
    ["the end of an item outside one", Buffer.concat([tagBytes(0xfffee00d), u32(0)]), "DICOM_SEQUENCE_INVALID"],
    [
      "the end of a sequence in an open item",
      explicit(0x00081115, "SQ", Buffer.concat([openItem().subarray(0, 8), sequenceEnd]), UNDEFINED),
      "DICOM_SEQUENCE_INVALID",
    ],
    [
      "a fragment of undefined length",
      explicit(0x7fe00010, "OB", Buffer.concat([tagBytes(0xfffee000), u32(UNDEFINED)]), UNDEFINED),
      "DICOM_LENGTH_INVALID",
    ],
    ["letters that are no VR", explicit(0x00080060, "c!", "CT"), "DICOM_VR_INVALID"],
  ])("%s", (_, bytes, code) => {
    expect(codeOf(read(bytes))).toBe(code);
  });

  it("say where, never what", () => {
    const bytes = explicit(0x00081115, "SQ", Buffer.concat([item(), item(explicit(0x00100010, "PN", "DUPONT", 200))]));
    let message = "";
    try {
      read(bytes)();
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("(0008,1115)[2].(0010,0010) byte 28");
    expect(message).not.toContain("DUPONT");
  });
});

describe("depth", () => {
  const nest = (depth: number) => {
    const opening = [...Array(depth)].map(() =>
      Buffer.concat([implicit(0x0040a730, "", UNDEFINED), tagBytes(0xfffee000), u32(UNDEFINED)]),
    );
    const closing = [...Array(depth)].map(() => Buffer.concat([tagBytes(0xfffee00d), u32(0), sequenceEnd]));
    return Buffer.concat([...opening, ...closing]);
  };
  it("64 levels are read, the 65th is refused", () => {
    expect(codeOf(read(nest(64), ImplicitVRLittleEndian))).toBe("no error");
    expect(codeOf(read(nest(65), ImplicitVRLittleEndian))).toBe("DICOM_TOO_DEEP");
  });
  it("a million levels cost nothing", () => {
    expect(codeOf(read(Buffer.concat(Array(1_000_000).fill(nest(1).subarray(0, 16))), ImplicitVRLittleEndian))).toBe(
      "DICOM_TOO_DEEP",
    );
  });
});

describe("count", () => {
  it("elements and items together", () => {
    const bytes = explicit(0x00081115, "SQ", Buffer.concat(Array(99).fill(item())));
    const limited = (elements: number) =>
      codeOf(() => readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian, limits: { elements } }));
    expect(limited(100)).toBe("no error");
    expect(limited(99)).toBe("DICOM_TOO_MANY_ELEMENTS");
  });
});

describe("deflate", () => {
  const bomb = deflateRawSync(explicit(0x7fe00010, "OB", Buffer.alloc(300 * 1024 * 1024)));
  it("a bomb is stopped by its ratio, in memory and in a stream", async () => {
    const before = process.memoryUsage().rss;
    expect(codeOf(read(bomb, DeflatedExplicitVRLittleEndian))).toBe("DICOM_INFLATE_LIMIT");
    const { rest } = await readHeader(inChunks(bomb, 10_000), DeflatedExplicitVRLittleEndian);
    let inflated = 0;
    const reading = async () => {
      for await (const chunk of rest) inflated += chunk.length;
    };
    await expect(reading()).rejects.toMatchObject({ code: "DICOM_INFLATE_LIMIT" });
    expect(inflated).toBeLessThan(100 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
  });
  it("garbage is refused, in memory and in a stream", async () => {
    const garbage = Buffer.alloc(100, 0xff);
    expect(codeOf(read(garbage, DeflatedExplicitVRLittleEndian))).toBe("DICOM_INFLATE_INVALID");
    await expect(readHeader(inChunks(garbage, 10), DeflatedExplicitVRLittleEndian)).rejects.toMatchObject({
      code: "DICOM_INFLATE_INVALID",
    });
  });
});

describe("time", () => {
  const milliseconds = (work: () => unknown) => {
    const start = performance.now();
    codeOf(work);
    return performance.now() - start;
  };
  it("a megabyte of zeros before a last byte is read once, not once per element", () => {
    const zeros = Buffer.alloc(1 << 20);
    zeros[zeros.length - 1] = 1;
    expect(milliseconds(read(zeros, ImplicitVRLittleEndian))).toBeLessThan(2000);
  });
  it("a megabyte of spaces or digits before a last byte", () => {
    const dataSet = readDataSet(
      Buffer.concat([
        implicit(0x0040a160, `${" ".repeat(1 << 20)}x`),
        implicit(0x00281050, `${"1".repeat(1 << 20)}x`),
        implicit(0x00281051, `${" ".repeat(1 << 20)}x`),
      ]),
      { transferSyntax: ImplicitVRLittleEndian },
    );
    const spent = milliseconds(() => {
      for (const { tag } of dataSet) [dataSet.strings(tag), dataSet.numbers(tag), dataSet.isSuspect(tag)];
    });
    expect(spent).toBeLessThan(2000);
  });
  it("100,000 fragments", () => {
    const fragments = Buffer.concat([
      ...Array(100_000).fill(Buffer.concat([tagBytes(0xfffee000), u32(2), u32(0).subarray(0, 2)])),
      sequenceEnd,
    ]);
    expect(milliseconds(read(explicit(0x7fe00010, "OB", fragments, UNDEFINED)))).toBeLessThan(1000);
  });
});
