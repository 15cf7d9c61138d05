/** The INS goes into images on their way out, and nothing else of them changes. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  locateInsertion,
  otherPatientIDs,
  readDataSet,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { syntheticStudy } from "../../scripts/sandbox/studies.ts";
import { hasCommand } from "../support/peers.ts";

const identifier = { id: "279035121518989", issuerOID: "1.2.250.1.213.1.4.10" };

/** The bytes with the identifier put in, and read again. */
function inserted(bytes: Buffer): { bytes: Buffer; dataSet: DataSet } {
  const { at, replaces, items } = locateInsertion(readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian }));
  const element = otherPatientIDs({ items, identifier });
  const out = Buffer.concat([bytes.subarray(0, at), element, bytes.subarray(at + replaces)]);
  return { bytes: out, dataSet: readDataSet(out, { transferSyntax: ExplicitVRLittleEndian }) };
}

const encode = (dataSet: DataSet) => encodeDataSet(dataSet, ExplicitVRLittleEndian);
const other = (id: string) => new DataSet().set(Tags.PatientID, "LO", id).set(Tags.TypeOfPatientID, "CS", "TEXT");
const ids = (dataSet: DataSet) =>
  dataSet
    .items(Tags.OtherPatientIDsSequence)
    .map((item) => [
      item.string(Tags.PatientID),
      item.items(Tags.IssuerOfPatientIDQualifiersSequence)[0]?.string(Tags.UniversalEntityID),
    ]);
const OURS = [identifier.id, identifier.issuerOID];

const patient = () =>
  new DataSet()
    .set(Tags.SOPInstanceUID, "UI", "2.25.1")
    .set(Tags.PatientName, "PN", "ESSAI^LUCIE")
    .set(Tags.PatientID, "LO", "P0001");

describe("the identifier that is put in", () => {
  it("stands between the elements that come before and after it", () => {
    const { dataSet } = inserted(encode(patient().set(Tags.StudyInstanceUID, "UI", "2.25.2")));
    expect(ids(dataSet)).toEqual([OURS]);
    expect(dataSet.string(Tags.PatientID)).toBe("P0001");
    const [item] = dataSet.items(Tags.OtherPatientIDsSequence);
    expect(item?.string(Tags.TypeOfPatientID)).toBe("TEXT");
    expect(item?.items(Tags.IssuerOfPatientIDQualifiersSequence)[0]?.string(Tags.UniversalEntityIDType)).toBe("ISO");
  });

  it("stands at the end of a data set that has nothing behind it, and at the beginning of an empty one", () => {
    expect(ids(inserted(encode(patient())).dataSet)).toEqual([OURS]);
    expect(ids(inserted(Buffer.alloc(0)).dataSet)).toEqual([OURS]);
  });

  it.each([
    ["of defined length", "100002105351000014000000feff00e00c000000100020004c4f0400503031 20"],
    [
      "of undefined length",
      "1000021053510000fffffffffeff00e0ffffffff100020004c4f040050303120feff0de000000000feffdde000000000",
    ],
    ["written as UN, whose value is implicit", "10000210554e000014000000feff00e00c0000001000200004000000503031 20"],
    [
      "written as UN of undefined length",
      "10000210554e0000fffffffffeff00e0ffffffff1000200004000000503031 20feff0de000000000feffdde000000000",
    ],
  ])("goes behind the items of a sequence %s", (_, hex) => {
    const sequence = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const behind = encode(new DataSet().set(Tags.StudyInstanceUID, "UI", "2.25.2"));
    const { bytes, dataSet } = inserted(Buffer.concat([encode(patient()), sequence, behind]));
    expect(ids(dataSet)).toEqual([["P01", undefined], OURS]);
    expect(bytes.subarray(-behind.length)).toEqual(behind);
  });

  it("is not said twice, and an empty sequence is filled", () => {
    const once = inserted(encode(patient())).bytes;
    expect(inserted(once).bytes).toEqual(once);
    expect(ids(inserted(encode(patient().set(Tags.OtherPatientIDsSequence, "SQ", []))).dataSet)).toEqual([OURS]);
  });

  it("is added beside the same number of another authority", () => {
    const { dataSet } = inserted(encode(patient().set(Tags.OtherPatientIDsSequence, "SQ", [other(identifier.id)])));
    expect(ids(dataSet)).toEqual([[identifier.id, undefined], OURS]);
  });

  it("refuses a sequence that is none, and a data set that is not explicit", () => {
    const broken = Buffer.from("10000210554e00000400000001020304", "hex");
    expect(() => inserted(broken)).toThrow(expect.objectContaining({ code: "DICOM_LENGTH_INVALID" }));
    const implicit = readDataSet(Buffer.alloc(0), { transferSyntax: ImplicitVRLittleEndian });
    expect(() => locateInsertion(implicit)).toThrow(TypeError);
  });

  it("leaves every other byte as it was, whatever the data set", () => {
    const tags = fc.uniqueArray(fc.integer({ min: 0x00080020, max: 0x00200010 }), { maxLength: 12 });
    const value = fc.string({ unit: "grapheme-ascii", maxLength: 8 }).map((text) => text.replaceAll("\\", ""));
    fc.assert(
      fc.property(tags, value, fc.option(fc.array(value, { maxLength: 3 })), (given, text, others) => {
        const dataSet = new DataSet();
        for (const tag of given.filter((one) => one !== Tags.OtherPatientIDsSequence && one !== 0x00080005)) {
          dataSet.set(tag, "LO", text);
        }
        if (others !== null) dataSet.set(Tags.OtherPatientIDsSequence, "SQ", others.map(other));
        const before = encode(dataSet);
        const after = inserted(before);
        const { at, replaces } = locateInsertion(readDataSet(before, { transferSyntax: ExplicitVRLittleEndian }));
        const put = after.bytes.length - (before.length - replaces);
        expect(after.bytes.subarray(0, at)).toEqual(before.subarray(0, at));
        expect(after.bytes.subarray(at + put)).toEqual(before.subarray(at + replaces));
        expect(ids(after.dataSet).filter(([id]) => id === identifier.id)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });

  it.skipIf(!hasCommand("dcmdump"))("is read by DCMTK (needs dcmdump)", () => {
    const folder = mkdtempSync(join(tmpdir(), "insertion-"));
    const file = join(folder, "a.dcm");
    const { dataSet } = inserted(encode(patient().set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.2")));
    writeFileSync(file, writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian }));
    try {
      expect(execFileSync("dcmdump", ["+P", "0040,0032", file]).toString()).toContain(`[${identifier.issuerOID}]`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.skipIf(!hasCommand("dciodvfy"))("leaves an image as sound as it was (needs dciodvfy)", () => {
    const folder = mkdtempSync(join(tmpdir(), "insertion-"));
    const [image] = syntheticStudy({ series: [{ kind: "CT", size: 16 }] }).instances;
    const complaints = (dataSet: DataSet) => {
      writeFileSync(join(folder, "a.dcm"), writePart10({ dataSet, transferSyntax: ExplicitVRLittleEndian }));
      return spawnSync("dciodvfy", [join(folder, "a.dcm")])
        .stderr.toString()
        .split("\n")
        .filter((line) => line.startsWith("Error"));
    };
    try {
      expect(complaints(inserted(encode(image!.dataSet)).dataSet)).toEqual(complaints(image!.dataSet));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
