/** Data sets told in the DICOM JSON model (PS3.18 annex F), as two other implementations tell them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DataSet,
  type ElementValue,
  ExplicitVRBigEndian,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  type JsonOptions,
  readDataSet,
  readPart10,
  type Tag,
  Tags,
  type TransferSyntax,
  toJson,
  type VR,
  writePart10,
} from "../../../appliance/dicom/index.ts";
import { corpusFiles } from "../../support/corpus.ts";
import { type OrthancPeer, startOrthanc } from "../../support/dicom-peers.ts";
import { hasCommand } from "../../support/peers.ts";
import { sharedSamples } from "../../support/samples.ts";
import { explicit, item, openItem, sequenceEnd, UNDEFINED, u32 } from "../bytes.ts";
import { type Attribute, differences, type JsonDataSet } from "./compare.ts";

const samples = sharedSamples();
const files = corpusFiles();

const told = (dataSet: DataSet, options?: JsonOptions) =>
  JSON.parse([...toJson(dataSet, options)].join("")) as JsonDataSet;
const read = (bytes: Buffer, transferSyntax: TransferSyntax = ExplicitVRLittleEndian) =>
  readDataSet(bytes, { transferSyntax });
/** One element, as it was set and as it comes back from bytes of every layout. */
function element(tag: Tag, vr: VR, value: ElementValue): Attribute {
  const set = new DataSet().set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192").set(tag, vr, value);
  const [first, ...others] = [
    told(set),
    ...[ExplicitVRLittleEndian, ExplicitVRBigEndian].map((syntax) => told(read(encodeDataSet(set, syntax), syntax))),
  ].map((json) => json[tag.toString(16).toUpperCase().padStart(8, "0")]);
  for (const other of others) expect(other).toEqual(first);
  return first!;
}

describe("a value", () => {
  it.each<[string, Tag, VR, ElementValue, unknown[] | undefined]>([
    ["of text", Tags.StudyDescription, "LO", "Genou é", ["Genou é"]],
    ["of several texts, one empty", Tags.ImageType, "CS", ["ORIGINAL", "", "AXIAL"], ["ORIGINAL", null, "AXIAL"]],
    ["with a backslash that separates nothing", Tags.TextValue, "UT", 'a\\b "c"', ['a\\b "c"']],
    ["that is empty", Tags.StudyDescription, "LO", "", undefined],
    ["of digits", Tags.InstanceNumber, "IS", "12", [12]],
    [
      "of digits that JSON writes otherwise",
      Tags.WindowCenter,
      "DS",
      ["+1.5", "007", ".5", "5.", "1E2", "-0"],
      [1.5, 7, 0.5, 5, 100, -0],
    ],
    ["of digits that are none", Tags.WindowCenter, "DS", ["1,5", "1e999", "", "2"], ["1,5", "1e999", null, 2]],
    ["of numbers", 0x00286030, "US", [1, 65535], [1, 65535]],
    ["of signed numbers", 0x00280106, "SS", -5, [-5]],
    ["of floating point", 0x00189073, "FD", [0.1, -1e300], [0.1, -1e300]],
    [
      "that JSON has no number for",
      0x00189073,
      "FD",
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ["NaN", "inf", "-inf"],
    ],
    ["of tags", 0x00280009, "AT", [0x00181063, 0x7fe00010], ["00181063", "7FE00010"]],
    ["of long numbers", 0x00720082, "SV", [-1, 2 ** 53 - 1], [-1, 2 ** 53 - 1]],
    ["of no item", Tags.ContentSequence, "SQ", [], undefined],
  ])("%s", (_, tag, vr, value, expected) => {
    expect(element(tag, vr, value)).toEqual(expected === undefined ? { vr } : { vr, Value: expected });
  });

  it("of a name has its three groups, those that are there", () => {
    const name = (text: string | string[]) => element(Tags.PatientName, "PN", text).Value;
    expect(name("ESSAI^LUCIE")).toEqual([{ Alphabetic: "ESSAI^LUCIE" }]);
    expect(name("A^B=山田^太郎=やまだ^たろう")).toEqual([
      { Alphabetic: "A^B", Ideographic: "山田^太郎", Phonetic: "やまだ^たろう" },
    ]);
    expect(name("A =")).toEqual([{ Alphabetic: "A" }]);
    expect(name(["=太郎", "", "C"])).toEqual([{ Ideographic: "太郎" }, null, { Alphabetic: "C" }]);
  });

  it("of a long number beyond 2^53 is a string, digit for digit", () => {
    const bytes = Buffer.concat([
      explicit(0x00720082, "SV", Buffer.from("0000000000000080", "hex")),
      explicit(0x00720083, "UV", Buffer.from("ffffffffffffffff", "hex")),
    ]);
    const json = told(read(bytes));
    expect(json["00720082"]?.Value).toEqual(["-9223372036854775808"]);
    expect(json["00720083"]?.Value).toEqual(["18446744073709551615"]);
  });

  it("of bytes is in base64; words are little endian, whatever they were", () => {
    expect(element(0x00091001, "UN", Uint8Array.of(1, 2, 3, 4))).toEqual({ vr: "UN", InlineBinary: "AQIDBA==" });
    expect(element(0x00281201, "OW", Uint8Array.of(1, 2, 3, 4))).toEqual({ vr: "OW", InlineBinary: "AQIDBA==" });
    expect(element(0x00281201, "OW", new Uint8Array())).toEqual({ vr: "OW" });
  });

  it("sent as UN by one who did not know it is told by the dictionary", () => {
    const bytes = Buffer.concat([explicit(Tags.PatientID, "UN", "P1"), explicit(0x00280010, "UN", "\x00\x02")]);
    expect(told(read(bytes))).toEqual({
      "00100020": { vr: "LO", Value: ["P1"] },
      "00280010": { vr: "US", Value: [512] },
    });
  });
});

describe("a data set", () => {
  it("is in Unicode and says so; without group lengths", () => {
    const bytes = Buffer.concat([
      explicit(0x00080000, "UL", u32(30)),
      explicit(Tags.SpecificCharacterSet, "CS", "ISO_IR 100"),
      explicit(Tags.StudyDescription, "LO", "\xe9\xe8"),
    ]);
    expect(told(read(bytes))).toEqual({
      "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
      "00081030": { vr: "LO", Value: ["éè"] },
    });
  });

  it("has items, nested, empty, of undefined length or not", () => {
    const inner = Buffer.concat([explicit(Tags.ContentSequence, "SQ", "", UNDEFINED), openItem(), sequenceEnd]);
    const bytes = explicit(Tags.ContentSequence, "SQ", Buffer.concat([item(), item(inner)]));
    expect(told(read(bytes))).toEqual({
      "0040A730": { vr: "SQ", Value: [{}, { "0040A730": { vr: "SQ", Value: [{}] } }] },
    });
  });

  it("gives large bytes an address, by the path to them", () => {
    const waveform = new DataSet().set(0x54001010, "OW", Buffer.alloc(300)).set(0x54000100, "UL", 0);
    const dataSet = new DataSet()
      .set(0x00091001, "OB", Buffer.alloc(256))
      .set(0x00091002, "OB", Buffer.alloc(258))
      .set(0x54000100, "SQ", [new DataSet(), waveform])
      .set(Tags.PixelData, "OW", Buffer.alloc(2));
    const json = told(dataSet, { bulkDataURI: (path) => `bulk/${path}` });
    expect(json["00091001"]?.InlineBinary).toBeDefined();
    expect(json["00091002"]).toEqual({ vr: "OB", BulkDataURI: "bulk/00091002" });
    expect(json["54000100"]?.Value?.[1]).toMatchObject({
      "54001010": { vr: "OW", BulkDataURI: "bulk/54000100/2/54001010" },
    });
    expect(json["7FE00010"]).toEqual({ vr: "OW", BulkDataURI: "bulk/7FE00010" });
  });

  it("that ends before its pixels gives them an address; fragments have no other form", () => {
    const options = { bulkDataURI: (path: string) => path, pixelDataVR: "OB" } as const;
    expect(told(new DataSet(), options)).toEqual({ "7FE00010": { vr: "OB", BulkDataURI: "7FE00010" } });
    const fragments = new DataSet().set(Tags.PixelData, "OB", [new Uint8Array(), Uint8Array.of(1, 2)]);
    expect(told(fragments, options)).toEqual({ "7FE00010": { vr: "OB", BulkDataURI: "7FE00010" } });
    expect(told(fragments)).toEqual({ "7FE00010": { vr: "OB" } });
  });

  it("comes in pieces, however many items it has and wherever they are", () => {
    const item = () => new DataSet().set(Tags.PatientID, "LO", "P".repeat(60)).set(Tags.Rows, "US", 512);
    const items = Array.from({ length: 200 }, () =>
      new DataSet().set(Tags.ContentSequence, "SQ", Array.from({ length: 20 }, item)),
    );
    const dataSet = new DataSet().set(Tags.ContentSequence, "SQ", items).set(Tags.PixelData, "OW", Buffer.alloc(2));
    const pieces = [...toJson(dataSet)];
    expect(pieces.length).toBeGreaterThan(5);
    for (const piece of pieces) expect(piece.length).toBeLessThan(65 * 1024);
    const inner = told(item());
    const outer = { "0040A730": { vr: "SQ", Value: Array(20).fill(inner) } };
    expect(told(dataSet)["0040A730"]).toEqual({ vr: "SQ", Value: Array(200).fill(outer) });
  });

  it("is refused beyond the depth that is read", () => {
    let dataSet = new DataSet();
    for (let depth = 0; depth < 65; depth++) dataSet = new DataSet().set(Tags.ContentSequence, "SQ", [dataSet]);
    expect(() => [...toJson(dataSet)]).toThrow(expect.objectContaining({ code: "DICOM_TOO_DEEP" }));
  });

  it.skipIf(files.length === 0).each(files)("of $name is told alike in every layout (needs ../shared)", ({ path }) => {
    const { dataSet } = readPart10(readFileSync(path));
    dataSet.delete(Tags.PixelData);
    const expected = told(dataSet);
    const layouts = [ExplicitVRLittleEndian, ExplicitVRBigEndian];
    for (const layout of layouts) expect(told(read(encodeDataSet(dataSet, layout), layout))).toEqual(expected);
    const implicit = told(read(encodeDataSet(dataSet, ImplicitVRLittleEndian), ImplicitVRLittleEndian));
    expect(Object.keys(implicit)).toEqual(Object.keys(expected));
  });
});

/** The GNU iconv of this DCMTK has no ISO 2022 IR 87: dcm2json gives up on those. */
const NOT_FOR_DCMTK = new Set([
  "chrH31",
  "chrJapMulti",
  "chrJapMultiExplicitIR6",
  "J2K_pixelrep_mismatch",
  "chrSQEncoding",
]);
const forDcmtk = files.filter(({ name }) => !NOT_FOR_DCMTK.has(name.replace(".dcm", "")));

describe.skipIf(samples === undefined || !hasCommand("dcm2json"))(
  "as dcm2json tells it (needs ../shared, DCMTK)",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "json-"));
    afterAll(() => rmSync(folder, { recursive: true }));

    it.each(forDcmtk)("$name", ({ path }) => {
      const file = readPart10(readFileSync(path));
      // It refuses compressed pixels, and would tell the others in base64.
      file.dataSet.delete(Tags.PixelData);
      writeFileSync(join(folder, "a.dcm"), writePart10(file));
      const { stdout, stderr } = spawnSync("dcm2json", ["-fc", join(folder, "a.dcm")], { maxBuffer: 100_000_000 });
      expect(stdout.length, stderr.toString()).toBeGreaterThan(2);
      expect(differences(told(file.dataSet), JSON.parse(stdout.toString()) as JsonDataSet)).toEqual([]);
    });
  },
);

/** What Orthanc cannot tell. */
const NOT_FOR_ORTHANC = new Set([
  // Its conversion of ISO 2022 IR 13 takes the backslash between two values for a yen.
  "J2K_pixelrep_mismatch.dcm",
  // It does not read the escape sequences of a set that begins with ISO 2022 IR 6.
  "chrJapMultiExplicitIR6.dcm",
  // It leaves a tag out that came as UN.
  "rtdose_rle_1frame.dcm",
  // It takes the backslashes in a text of one value for separators.
  "examples_ybr_color.dcm",
]);
/** It keeps what has the UIDs of the three levels. */
const forOrthanc = files
  .map(({ name, path }) => ({ name, bytes: readFileSync(path) }))
  .filter(({ name, bytes }) => {
    const { dataSet } = readPart10(bytes);
    const uids = [Tags.StudyInstanceUID, Tags.SeriesInstanceUID, Tags.SOPInstanceUID];
    return !NOT_FOR_ORTHANC.has(name) && uids.every((tag) => dataSet.has(tag));
  });
const plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";

describe.skipIf(samples === undefined || !hasCommand("Orthanc") || !existsSync(plugin))(
  "as the metadata of Orthanc tells it (needs ../shared, Orthanc and its DICOMweb plugin)",
  () => {
    let orthanc: OrthancPeer;
    beforeAll(async () => {
      orthanc = await startOrthanc({ settings: { Plugins: [plugin], DicomWeb: { StudiesMetadata: "Full" } } });
    }, 60_000);
    afterAll(() => orthanc?.stop());

    it.each(forOrthanc)("$name", async ({ bytes }) => {
      const { dataSet } = readPart10(bytes);
      const stored = await fetch(`${orthanc.url}/instances`, { method: "POST", body: bytes });
      expect(stored.status).toBe(200);
      const { ID } = (await stored.json()) as { ID: string };
      const [study, series, instance] = [Tags.StudyInstanceUID, Tags.SeriesInstanceUID, Tags.SOPInstanceUID].map(
        (tag) => dataSet.string(tag),
      );
      const url = `${orthanc.url}/dicom-web/studies/${study}/series/${series}/instances/${instance}/metadata`;
      const [theirs] = (await (await fetch(url)).json()) as JsonDataSet[];
      // Files of the corpus have the same UID: one is gone before the next comes.
      await fetch(`${orthanc.url}/instances/${ID}`, { method: "DELETE" });
      expect(differences(told(dataSet, { bulkDataURI: (where) => where }), theirs!)).toEqual([]);
    });
  },
);
