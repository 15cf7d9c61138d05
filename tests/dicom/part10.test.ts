import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRLittleEndian,
  IMPLEMENTATION_CLASS_UID,
  ImplicitVRLittleEndian,
  isValidUID,
  readPart10,
  Tags,
  writePart10,
} from "../../appliance/dicom/index.ts";
import { hasCommand } from "../support/peers.ts";
import { codeOf, explicit, implicit, meta, part10 } from "./bytes.ts";

const object = () =>
  new DataSet()
    .set(Tags.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.88.59")
    .set(Tags.SOPInstanceUID, "UI", "2.25.1234")
    .set(Tags.Modality, "CS", "KO");

describe("a file of our making", () => {
  it("has a preamble of zeros and a truthful meta information of our own (PS3.10 7.1)", () => {
    const bytes = writePart10({ transferSyntax: ImplicitVRLittleEndian, dataSet: object() });
    expect(bytes.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    const { meta: made, transferSyntax, dataSet } = readPart10(bytes);
    expect(made.string(Tags.MediaStorageSOPClassUID)).toBe("1.2.840.10008.5.1.4.1.1.88.59");
    expect(made.string(Tags.MediaStorageSOPInstanceUID)).toBe("2.25.1234");
    expect(made.string(Tags.TransferSyntaxUID)).toBe(ImplicitVRLittleEndian.uid);
    expect(made.string(Tags.ImplementationClassUID)).toBe(IMPLEMENTATION_CLASS_UID);
    expect(isValidUID(IMPLEMENTATION_CLASS_UID)).toBe(true);
    expect(made.integer(Tags.FileMetaInformationGroupLength)).toBe(bytes.length - dataSet.origin!.end - 128 - 4 - 12);
    expect(transferSyntax).toBe(ImplicitVRLittleEndian);
  });

  it.skipIf(!hasCommand("dcmftest"))("is a DICOM file to DCMTK (skipped when dcmftest is absent)", () => {
    const folder = mkdtempSync(join(tmpdir(), "dicom-"));
    const file = join(folder, "ours.dcm");
    writeFileSync(file, writePart10({ transferSyntax: ExplicitVRLittleEndian, dataSet: object() }));
    expect(spawnSync("dcmftest", [file], { encoding: "utf8" }).stdout).toMatch(/^yes/);
    rmSync(folder, { recursive: true });
  });

  it("never repeats a meta information that is not true of it", () => {
    const {
      meta: read,
      dataSet,
      preamble,
    } = readPart10(writePart10({ transferSyntax: ImplicitVRLittleEndian, dataSet: object() }));
    dataSet.set(Tags.SOPInstanceUID, "UI", "2.25.99");
    const again = readPart10(writePart10({ preamble, meta: read, transferSyntax: ExplicitVRLittleEndian, dataSet }));
    expect(again.transferSyntax).toBe(ExplicitVRLittleEndian);
    expect(again.meta.string(Tags.MediaStorageSOPInstanceUID)).toBe("2.25.99");
    const sameSyntax = readPart10(
      writePart10({ preamble, meta: read, transferSyntax: ImplicitVRLittleEndian, dataSet }),
    );
    expect(sameSyntax.meta.string(Tags.MediaStorageSOPInstanceUID)).toBe("2.25.99");
  });
});

describe("files that bend PS3.10", () => {
  const elements = explicit(0x00080060, "CS", "CT");
  it.each([
    ["no preamble", Buffer.concat([meta("1.2.840.10008.1.2.1"), elements])],
    ["no group length", Buffer.concat([meta("1.2.840.10008.1.2.1", { groupLength: false }), elements])],
    ["a preamble and no group length", part10("1.2.840.10008.1.2.1", elements)],
    ["a group length that lies", lyingGroupLength(part10("1.2.840.10008.1.2.1", elements))],
    ["no transfer syntax", Buffer.concat([explicit(0x00020003, "UI", "2.25.1"), elements])],
    ["nothing but a data set", elements],
    ["nothing but a data set in implicit VR", implicit(0x00080060, "CT")],
    ["nothing but a data set in big endian", Buffer.from("\0\x08\0\x60CS\0\x02CT", "latin1")],
  ])("%s: read, and written back as it was", (_, bytes) => {
    const read = readPart10(bytes);
    expect(read.dataSet.string(Tags.Modality)).toBe("CT");
    expect(writePart10(read).equals(bytes)).toBe(true);
  });

  it.each([
    ["nothing", ""],
    ["text", "Compte rendu : examen normal. ".repeat(10)],
    ["a PDF", `%PDF-1.7\n${"0".repeat(300)}`],
    ["a JPEG", "\xff\xd8\xff\xe0\0\x10JFIF"],
    ["zeros", "\0".repeat(400)],
    ["the four letters and nothing else", `${"\0".repeat(128)}DICM`],
    ["an XML document", '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"/>'],
  ])("%s is no DICOM", (_, bytes) => {
    expect(codeOf(() => readPart10(Buffer.from(bytes, "latin1")))).toBe("DICOM_NOT_DICOM");
  });

  it("keeps a preamble that holds something, and does not copy it into a file we make", () => {
    const tiff = part10("1.2.840.10008.1.2.1", elements);
    tiff.write("II*\0");
    const read = readPart10(tiff);
    expect(writePart10(read).equals(tiff)).toBe(true);
    expect(writePart10({ transferSyntax: read.transferSyntax, dataSet: read.dataSet }).readUInt32LE(0)).toBe(0);
  });

  it("refuses a private transfer syntax, which may be laid out in any way", () => {
    expect(codeOf(() => readPart10(part10("1.2.840.113619.5.2", elements)))).toBe("DICOM_TRANSFER_SYNTAX_UNKNOWN");
  });
});

function lyingGroupLength(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(0x7fffffff, 128 + 4 + 8);
  return bytes;
}
