import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  type ElementValue,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  readPart10,
  type Tag,
  Tags,
  vrOf,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { sharedSamples } from "../support/samples.ts";
import { meaning } from "./bytes.ts";

const samples = sharedSamples();
const syntaxes = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian];

const letters = fc.string({ unit: fc.constantFrom(..."ABCdéèœ王-^123"), maxLength: 30 });
const code = fc.string({ unit: fc.constantFrom(..."ABC_123"), maxLength: 16 });
const several = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: 1, maxLength: 3 });

/** Tags of the dictionary, so that implicit VR says the same as explicit VR, and values that suit them. */
const elements: readonly (readonly [Tag, fc.Arbitrary<ElementValue>])[] = [
  [Tags.PatientName, letters],
  [Tags.StudyDescription, letters],
  [Tags.TextValue, letters],
  [Tags.Modality, code],
  [Tags.ImageType, several(code)],
  [Tags.StudyInstanceUID, fc.constantFrom("1.2", "2.25.12345678901234567890")],
  [Tags.InstanceNumber, fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })],
  [Tags.WindowCenter, several(fc.constantFrom(0, -1.5, 40, 1e-7))],
  [Tags.Rows, fc.nat(65535)],
  [0x00286030, several(fc.nat(65535))],
  [0x00189073, fc.double({ noNaN: true })],
  [0x00186011, fc.constant([])],
  [0x00280009, several(fc.nat(0xffffffff))],
  [0x00091001, fc.uint8Array({ maxLength: 30 }).filter((bytes) => bytes.length % 2 === 0)],
  [Tags.PixelData, fc.uint8Array({ maxLength: 50 }).filter((bytes) => bytes.length % 2 === 0)],
];

const { dataSet: arbitraryDataSet } = fc.letrec<{ dataSet: DataSet; items: DataSet[] }>((tie) => ({
  dataSet: fc
    .tuple(
      fc.uniqueArray(fc.oneof(...elements.map(([tag, value]) => fc.tuple(fc.constant(tag), value))), {
        selector: ([tag]) => tag,
        maxLength: 8,
      }),
      fc.option(tie("items"), { nil: undefined }),
    )
    .map(([values, items]) => {
      const made = new DataSet();
      for (const [tag, value] of values) made.set(tag, vrOf(tag), value);
      return items === undefined ? made : made.set(Tags.ContentSequence, "SQ", items);
    }),
  items: fc.array(tie("dataSet"), { maxLength: 3 }),
}));

/** Words are handed out in the byte order of their transfer syntax: compared in little endian. */
function plainMeaning(dataSet: DataSet): unknown[] {
  const transferSyntax = ImplicitVRLittleEndian;
  return meaning(readDataSet(encodeDataSet(dataSet, transferSyntax), { transferSyntax }));
}

describe("any data set", () => {
  for (const syntax of syntaxes) {
    it(`says the same after ${syntax.name}, and is then written back byte for byte`, () => {
      fc.assert(
        fc.property(arbitraryDataSet, (made) => {
          made.set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192");
          const bytes = encodeDataSet(made, syntax);
          const again = readDataSet(bytes, { transferSyntax: syntax });
          expect(plainMeaning(again)).toEqual(meaning(made));
          expect(encodeDataSet(again, syntax).equals(bytes)).toBe(true);
          for (const other of syntaxes) {
            const there = readDataSet(encodeDataSet(again, other), { transferSyntax: other });
            const back = readDataSet(encodeDataSet(there, syntax), { transferSyntax: syntax });
            expect(plainMeaning(back)).toEqual(meaning(made));
          }
        }),
        { numRuns: 60 },
      );
    });
  }
});

/** Asks everything of a data set that a user of the room may ask. */
function useAll(dataSet: DataSet): void {
  for (const { tag } of dataSet) {
    dataSet.strings(tag);
    dataSet.numbers(tag);
    dataSet.isSuspect(tag);
    dataSet.fragments(tag);
    dataSet.items(tag).forEach(useAll);
  }
}

function survives(bytes: Uint8Array): void {
  try {
    const read = readPart10(bytes);
    expect(writePart10(read).equals(bytes)).toBe(true);
    useAll(read.dataSet);
    for (const syntax of syntaxes) encodeDataSet(read.dataSet, syntax);
    read.dataSet.set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192").set(Tags.PatientID, "LO", "1");
    encodeDataSet(read.dataSet, read.transferSyntax);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
  }
}

describe.skipIf(samples === undefined)("damaged real objects (skipped when ../shared is absent)", () => {
  const names = [
    "chrH31",
    "chrI2",
    "MR_small_implicit",
    "MR_small_RLE",
    "MR_small_bigendian",
    "priv_SQ",
    "test-SR",
    "rtplan",
  ];
  const originals =
    samples === undefined
      ? []
      : [...names, "image_dfl"].map((name) => readFileSync(join(samples, "dicom-corpus", `${name}.dcm`)));

  it("are read or refused with a code: no crash, no hang, no memory", () => {
    const before = process.memoryUsage().rss;
    const patch = fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 0xff, 0xfe, 0x7f, 0x1b), fc.nat(255)));
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(patch, { minLength: 1, maxLength: 12 }),
        (original, patches) => {
          const damaged = Buffer.from(original);
          for (const [at, byte] of patches) damaged[at % damaged.length] = byte;
          survives(damaged);
        },
      ),
      { numRuns: 1500 },
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });

  it("are read or refused wherever they are cut", () => {
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.nat(), (original, at) =>
        survives(original.subarray(0, at % original.length)),
      ),
      { numRuns: 500 },
    );
  });
});

describe("any bytes", () => {
  it("are read or refused with a code", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...syntaxes), (bytes, transferSyntax) => {
        try {
          useAll(readDataSet(bytes, { transferSyntax }));
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
        }
        survives(bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
