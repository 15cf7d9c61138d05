import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DataSet,
  DeflatedExplicitVRLittleEndian,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  readPart10,
  Tags,
  type TransferSyntax,
  transferSyntaxOf,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";
import { codeOf, explicit, implicit, item, meaning, openItem, sequenceEnd, tagBytes, UNDEFINED, u32 } from "./bytes.ts";

const samples = sharedSamples();
const dcmtk = hasCommand("dcmconv") && hasCommand("dcmdump");
const native = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dicom-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What dcmdump says on its error output about a file: nothing when all is well. */
function complaints(bytes: Uint8Array): string {
  const file = join(folder, "ours.dcm");
  writeFileSync(file, bytes);
  const { status, stderr } = spawnSync("dcmdump", [file], { encoding: "utf8" });
  return status === 0 ? stderr : `status ${status}: ${stderr}`;
}

describe.skipIf(samples === undefined || !dcmtk)(
  "the same object as DCMTK writes it (skipped when ../shared or DCMTK is absent)",
  () => {
    const objects = [
      "MR_small",
      "MR_small_bigendian",
      "rtplan",
      "rtdose",
      "test-SR",
      "liver_1frame",
      "chrH31",
      "image_dfl",
    ];
    const options: readonly (readonly [string, TransferSyntax])[] = [
      ["+ti", ImplicitVRLittleEndian],
      ["+te", ExplicitVRLittleEndian],
      ["+tb", ExplicitVRBigEndian],
      ["+td", DeflatedExplicitVRLittleEndian],
    ];
    for (const name of objects) {
      for (const [option, syntax] of options) {
        it(`${name} ${option}: read as equal, and written so that dcmdump has nothing to say`, () => {
          const original = join(samples!, "dicom-corpus", `${name}.dcm`);
          const converted = join(folder, `${name}.dcm`);
          expect(spawnSync("dcmconv", [option, original, converted]).status).toBe(0);
          const theirs = readPart10(readFileSync(converted));
          expect(theirs.transferSyntax.uid).toBe(syntax.uid);
          const source = readPart10(readFileSync(original));
          const ours = writePart10({ transferSyntax: syntax, dataSet: source.dataSet });
          expect(complaints(ours)).toBe("");
          // By way of implicit VR, so that numbers and words are compared in one byte order.
          const plain = (dataSet: DataSet) =>
            meaning(
              readDataSet(encodeDataSet(dataSet, ImplicitVRLittleEndian), { transferSyntax: ImplicitVRLittleEndian }),
            );
          expect(plain(theirs.dataSet)).toEqual(plain(source.dataSet));
          expect(plain(readPart10(ours).dataSet)).toEqual(plain(source.dataSet));
        });
      }
    }
  },
);

describe("a data set of our making", () => {
  const made = () =>
    new DataSet()
      .set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192")
      .set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.88.59")
      .set(Tags.SOPInstanceUID, "UI", "2.25.7")
      .set(Tags.PatientName, "PN", "MARTIN^ZOÉ")
      .set(Tags.Rows, "US", 258)
      .set(Tags.WindowCenter, "DS", [1.5, -2])
      .set(0x00286030, "US", [1, 2])
      .set(0x00189073, "FD", 0.25)
      .set(0x00280009, "AT", [Tags.PatientID, Tags.Rows])
      .set(Tags.ContentSequence, "SQ", [
        new DataSet().set(Tags.ReferencedSOPSequence, "SQ", [new DataSet().set(Tags.InstanceNumber, "IS", "3")]),
        new DataSet(),
      ]);

  for (const syntax of native) {
    it(`reads back equal in ${syntax.name}`, () => {
      const again = readDataSet(encodeDataSet(made(), syntax), { transferSyntax: syntax });
      expect(meaning(again)).toEqual(meaning(made()));
      expect(again.string(Tags.PatientName)).toBe("MARTIN^ZOÉ");
    });
    it.skipIf(!dcmtk)(`is read by dcmdump without a word in ${syntax.name} (skipped when DCMTK is absent)`, () => {
      expect(complaints(writePart10({ transferSyntax: syntax, dataSet: made() }))).toBe("");
    });
  }
});

describe("from one syntax to another", () => {
  it("takes the sign of 'US or SS' from Pixel Representation", () => {
    const dataSet = (representation: string) =>
      readDataSet(Buffer.concat([implicit(0x00280103, representation), implicit(0x00280120, "\xff\xff")]), {
        transferSyntax: ImplicitVRLittleEndian,
      });
    expect(dataSet("\0\0").get(0x00280120)?.vr).toBe("US");
    expect(dataSet("\x01\0").get(0x00280120)?.vr).toBe("SS");
    expect(dataSet("\x01\0").integer(0x00280120)).toBe(-1);
    const nested = implicit(0x00283010, item(implicit(0x00283002, "\xff\xff")));
    const outer = readDataSet(Buffer.concat([implicit(0x00280103, "\x01\0"), nested]), {
      transferSyntax: ImplicitVRLittleEndian,
    });
    expect(outer.items(0x00283010)[0]?.integer(0x00283002)).toBe(-1);
  });

  it("reads an unknown value as little endian even in big endian (PS3.5 6.2.2)", () => {
    const rows = Buffer.concat([tagBytes(0x00280010, true), Buffer.from("UN\0\0\0\0\0\x02\x01\x02")]);
    expect(readDataSet(rows, { transferSyntax: ExplicitVRBigEndian }).integer(Tags.Rows)).toBe(0x0201);
  });

  it("swaps words, and leaves bytes and unknown values alone", () => {
    const little = [explicit(0x00091001, "UN", "\x01\x02"), explicit(0x7fe00010, "OW", "\x01\x02\x03\x04")];
    const dataSet = readDataSet(Buffer.concat(little), { transferSyntax: ExplicitVRLittleEndian });
    const big = encodeDataSet(dataSet, ExplicitVRBigEndian);
    const expected = Buffer.concat([
      ...[tagBytes(0x00091001, true), Buffer.from("UN\0\0\0\0\0\x02\x01\x02")],
      ...[tagBytes(0x7fe00010, true), Buffer.from("OW\0\0\0\0\0\x04\x02\x01\x04\x03")],
    ]);
    expect(big.equals(expected)).toBe(true);
    const back = readDataSet(big, { transferSyntax: ExplicitVRBigEndian });
    expect(encodeDataSet(back, ExplicitVRLittleEndian).equals(Buffer.concat(little))).toBe(true);
  });

  it("keeps a UN of undefined length in implicit VR, whatever is around (CP-246)", () => {
    const unknown = Buffer.concat([
      explicit(0x00091010, "UN", Buffer.concat([openItem(implicit(0x00091001, "abcd")), sequenceEnd]), UNDEFINED),
      explicit(0x00100020, "LO", "12"),
    ]);
    const dataSet = readDataSet(unknown, { transferSyntax: ExplicitVRLittleEndian });
    const [first] = dataSet.items(0x00091010);
    expect(Buffer.from(first!.bytes(0x00091001)!).toString()).toBe("abcd");
    first!.set(0x00091001, "UN", Buffer.from("ef"));
    const changed = encodeDataSet(dataSet, ExplicitVRLittleEndian);
    expect(changed.includes(implicit(0x00091001, "ef"))).toBe(true);
    const again = readDataSet(changed, { transferSyntax: ExplicitVRLittleEndian });
    expect(Buffer.from(again.items(0x00091010)[0]!.bytes(0x00091001)!).toString()).toBe("ef");
  });

  it("refuses to write compressed pixels in a syntax that cannot say so", () => {
    const fragments = Buffer.concat([
      tagBytes(0xfffee000),
      u32(0),
      tagBytes(0xfffee000),
      u32(2),
      Buffer.from("ab"),
      sequenceEnd,
    ]);
    const bytes = explicit(0x7fe00010, "OB", fragments, UNDEFINED);
    const dataSet = readDataSet(bytes, { transferSyntax: "1.2.840.10008.1.2.4.50" });
    expect(encodeDataSet(dataSet, "1.2.840.10008.1.2.4.50").equals(bytes)).toBe(true);
    expect(codeOf(() => encodeDataSet(dataSet, ExplicitVRLittleEndian))).toBe("DICOM_NOT_TRANSCODABLE");
  });

  it("makes encapsulated pixel data from fragments, odd ones padded", () => {
    const fragments = [new Uint8Array(0), Buffer.from("abc"), Buffer.from("de")];
    const bytes = encodeDataSet(new DataSet().set(Tags.PixelData, "OB", fragments), "1.2.840.10008.1.2.4.50");
    const again = readDataSet(bytes, { transferSyntax: "1.2.840.10008.1.2.4.50" }).fragments(Tags.PixelData)!;
    expect(again.map((one) => Buffer.from(one).toString())).toEqual(["", "abc\0", "de"]);
  });
});

describe("transfer syntax UIDs", () => {
  it("takes a newer one of the standard as encapsulated, and no private one", () => {
    expect(transferSyntaxOf("1.2.840.10008.1.2.4.999")).toMatchObject({ explicit: true, encapsulated: true });
    expect(transferSyntaxOf("1.2.840.113619.5.2")).toBeUndefined();
    expect(codeOf(() => readDataSet(Buffer.alloc(0), { transferSyntax: "1.2.3" }))).toBe(
      "DICOM_TRANSFER_SYNTAX_UNKNOWN",
    );
  });
});
