import { describe, expect, it } from "vitest";
import {
  DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  ImplicitVRLittleEndian,
  readDataSet,
  Tags,
} from "../../appliance/dicom/index.ts";
import { codeOf, explicit, implicit, item, openItem, sequenceEnd, UNDEFINED } from "./bytes.ts";

const explicitly = (...elements: Buffer[]) =>
  readDataSet(Buffer.concat(elements), { transferSyntax: ExplicitVRLittleEndian });

describe("reading values", () => {
  it("gives texts without the padding that is not part of them", () => {
    const dataSet = explicitly(
      explicit(0x00080018, "UI", "1.2.3\0"),
      explicit(0x00080060, "CS", "CT"),
      explicit(0x00081030, "LO", " Scanner thorax  "),
      explicit(0x00100010, "PN", "DUPONT^JEAN "),
      explicit(0x0040a160, "UT", " keep the first space "),
    );
    expect(dataSet.string(Tags.SOPInstanceUID)).toBe("1.2.3");
    expect(dataSet.string(Tags.StudyDescription)).toBe("Scanner thorax");
    expect(dataSet.string(Tags.PatientName)).toBe("DUPONT^JEAN");
    expect(dataSet.string(Tags.TextValue)).toBe(" keep the first space");
  });

  it("tells absent, empty and several values apart", () => {
    const dataSet = explicitly(explicit(0x00080050, "SH", ""), explicit(0x00080061, "CS", "CT\\\\SR "));
    expect(dataSet.string(Tags.StudyInstanceUID)).toBeUndefined();
    expect(dataSet.has(Tags.AccessionNumber)).toBe(true);
    expect(dataSet.string(Tags.AccessionNumber)).toBeUndefined();
    expect(dataSet.strings(Tags.ModalitiesInStudy)).toEqual(["CT", "", "SR"]);
  });

  it.each([
    ["IS", "12 ", 12],
    ["IS", "-7", -7],
    ["IS", "1.5 ", undefined],
    ["US", "\x01\x02", 0x0201],
    ["SS", "\xff\xff", -1],
    ["UL", "\xff\xff\xff\xff", 0xffffffff],
    ["SL", "\xfe\xff\xff\xff", -2],
    ["UV", "\x01\0\0\0\0\0\0\0", 1],
    ["AT", "\x08\0\x18\0", 0x00080018],
    ["LO", "12", undefined],
    ["US", "", undefined],
    ["US", "\x01", undefined],
  ])("%s %j is the integer %s", (vr, value, expected) => {
    expect(explicitly(explicit(0x00091001, vr, value)).integer(0x00091001)).toBe(expected);
  });

  it("reads decimals", () => {
    const dataSet = explicitly(explicit(0x00281050, "DS", "-1.5e2\\ 40 "), explicit(0x00281051, "DS", "4O"));
    expect(dataSet.numbers(Tags.WindowCenter)).toEqual([-150, 40]);
    expect(dataSet.number(Tags.WindowWidth)).toBeUndefined();
  });

  it("reads a standard element sent as UN by the dictionary", () => {
    const dataSet = explicitly(explicit(0x00100010, "UN", "A^B "), explicit(0x00280010, "UN", "\x00\x02"));
    expect(dataSet.string(Tags.PatientName)).toBe("A^B");
    expect(dataSet.integer(Tags.Rows)).toBe(512);
  });

  it("marks letters beyond ASCII where no character set applies", () => {
    const dataSet = explicitly(explicit(0x00080005, "CS", "ISO_IR 100"), explicit(0x00080054, "AE", "SAL\xc9"));
    expect(dataSet.isSuspect(Tags.RetrieveAETitle)).toBe(true);
    expect(dataSet.string(Tags.RetrieveAETitle)).toBe("SAL\uFFFD");
  });

  it("finds items of defined and undefined length at any depth", () => {
    const inner = explicit(
      0x00081199,
      "SQ",
      Buffer.concat([openItem(explicit(0x00081155, "UI", "1.2\0")), sequenceEnd]),
      UNDEFINED,
    );
    const dataSet = explicitly(explicit(0x00081115, "SQ", item(inner)));
    const [series] = dataSet.items(Tags.ReferencedSeriesSequence);
    expect(series?.items(Tags.ReferencedSOPSequence)[0]?.string(Tags.ReferencedSOPInstanceUID)).toBe("1.2");
    expect(dataSet.items(Tags.ContentSequence)).toEqual([]);
  });

  it("puts elements in order, and of two with one tag believes the first", () => {
    const bytes = [
      explicit(0x00100010, "PN", "A "),
      explicit(0x00080060, "CS", "CT"),
      explicit(0x00100010, "PN", "B "),
    ];
    const dataSet = explicitly(...bytes);
    expect([...dataSet].map(({ tag }) => tag)).toEqual([0x00080060, 0x00100010]);
    expect(dataSet.string(Tags.PatientName)).toBe("A");
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(Buffer.concat(bytes))).toBe(true);
  });

  it("reads a VR of the future as unknown bytes", () => {
    const future = Buffer.concat([explicit(0x00091001, "UN", "abcd")]);
    future.write("ZZ", 4);
    const dataSet = explicitly(future);
    expect(dataSet.get(0x00091001)?.vr).toBe("UN");
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(future)).toBe(true);
  });

  it("keeps the zeros that some writers leave at the end", () => {
    const bytes = Buffer.concat([explicit(0x00080060, "CS", "CT"), Buffer.alloc(11)]);
    expect(encodeDataSet(explicitly(bytes), ExplicitVRLittleEndian).equals(bytes)).toBe(true);
  });
});

describe("changing a data set that was read", () => {
  const group = explicit(0x00080000, "UL", "\x0a\0\0\0");
  const odd = explicit(0x00091001, "UN", "odd");
  const sequence = explicit(
    0x00081115,
    "SQ",
    Buffer.concat([
      openItem(explicit(0x0020000e, "UI", "1.2\0")),
      item(explicit(0x0020000e, "UI", "1.3\0")),
      sequenceEnd,
    ]),
    UNDEFINED,
  );

  it("leaves every other element as it was, and drops group lengths, which would lie", () => {
    const dataSet = explicitly(group, explicit(0x00080060, "CS", "CT"), sequence, odd).set(Tags.Modality, "CS", "MR");
    const expected = Buffer.concat([explicit(0x00080060, "CS", "MR"), sequence, odd]);
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(expected)).toBe(true);
  });

  it("notices a change below it, and keeps the lengths defined or undefined as they were", () => {
    const dataSet = explicitly(sequence, odd);
    dataSet.items(Tags.ReferencedSeriesSequence)[0]!.set(Tags.SeriesInstanceUID, "UI", "1.2.345");
    const changed = explicit(
      0x00081115,
      "SQ",
      Buffer.concat([
        openItem(explicit(0x0020000e, "UI", "1.2.345\0")),
        item(explicit(0x0020000e, "UI", "1.3\0")),
        sequenceEnd,
      ]),
      UNDEFINED,
    );
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(Buffer.concat([changed, odd]))).toBe(true);
  });

  it("deletes", () => {
    const dataSet = explicitly(explicit(0x00080060, "CS", "CT"), odd);
    expect(dataSet.delete(Tags.Modality)).toBe(true);
    expect(dataSet.delete(Tags.Modality)).toBe(false);
    expect(encodeDataSet(dataSet, ExplicitVRLittleEndian).equals(odd)).toBe(true);
  });

  it("says the same texts after its character set changes, nested ones included", () => {
    const latin = [explicit(0x00080005, "CS", "ISO_IR 100"), explicit(0x00081030, "LO", "\xe9t\xe9 ")];
    const dataSet = explicitly(...latin, explicit(0x00081115, "SQ", item(explicit(0x0008103e, "LO", "t\xeate"))));
    dataSet.set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192");
    const again = explicitly(encodeDataSet(dataSet, ExplicitVRLittleEndian));
    expect(again.string(Tags.StudyDescription)).toBe("été");
    expect(again.items(Tags.ReferencedSeriesSequence)[0]?.string(Tags.SeriesDescription)).toBe("tête");
    expect(again.isSuspect(Tags.StudyDescription)).toBe(false);
  });

  it("moves an item between two data sets of different character sets without changing what it says", () => {
    const latin = explicitly(
      explicit(0x00080005, "CS", "ISO_IR 100"),
      explicit(0x00081115, "SQ", item(explicit(0x0008103e, "LO", "t\xeate"))),
    );
    const made = new DataSet()
      .set(Tags.SpecificCharacterSet, "CS", "ISO_IR 192")
      .set(Tags.ReferencedSeriesSequence, "SQ", latin.items(Tags.ReferencedSeriesSequence));
    const again = explicitly(encodeDataSet(made, ExplicitVRLittleEndian));
    expect(again.items(Tags.ReferencedSeriesSequence)[0]?.string(Tags.SeriesDescription)).toBe("tête");
  });

  it("shows the change of an item in both data sets that hold it", () => {
    const read = explicitly(sequence);
    const items = read.items(Tags.ReferencedSeriesSequence);
    const other = new DataSet().set(Tags.ReferencedSeriesSequence, "SQ", items);
    items[0]!.set(Tags.SeriesInstanceUID, "UI", "1.9");
    for (const one of [read, other]) {
      const again = explicitly(encodeDataSet(one, ExplicitVRLittleEndian));
      expect(again.items(Tags.ReferencedSeriesSequence)[0]?.string(Tags.SeriesInstanceUID)).toBe("1.9");
    }
  });

  it("never writes undecodable text as if it were a value", () => {
    const dataSet = explicitly(explicit(0x00080005, "CS", "ISO_IR 192"), explicit(0x00100010, "PN", "\xc9lodie^X"));
    dataSet.set(Tags.SpecificCharacterSet, "CS", "ISO_IR 100");
    expect(codeOf(() => encodeDataSet(dataSet, ExplicitVRLittleEndian))).toBe("DICOM_TEXT_NOT_ENCODABLE");
  });
});

describe("making a data set", () => {
  it("writes elements in tag order whatever the order they were set in, the last value of each", () => {
    const dataSet = new DataSet().set(0x00100020, "LO", "1").set(0x00080060, "CS", "CT").set(0x00100020, "LO", "22");
    const expected = Buffer.concat([implicit(0x00080060, "CT"), implicit(0x00100020, "22")]);
    expect(encodeDataSet(dataSet, ImplicitVRLittleEndian).equals(expected)).toBe(true);
  });

  it("pads UIDs with NUL, text with a space, bytes with NUL", () => {
    const dataSet = new DataSet()
      .set(0x00080018, "UI", "1.2.3")
      .set(0x00080060, "CS", "PET")
      .set(0x00091001, "OB", Uint8Array.of(7));
    const bytes = encodeDataSet(dataSet, ExplicitVRLittleEndian).toString("latin1");
    expect(bytes).toContain("1.2.3\0");
    expect(bytes).toContain("PET ");
    expect(bytes.endsWith("\x02\0\0\0\x07\0")).toBe(true);
  });

  it("writes numbers within the 16 and 12 characters of DS and IS", () => {
    const dataSet = new DataSet().set(0x00281050, "DS", [0.1 + 0.2, -1 / 3e100]).set(0x00200013, "IS", 12);
    const again = explicitly(encodeDataSet(dataSet, ExplicitVRLittleEndian));
    expect(again.strings(Tags.WindowCenter)).toEqual(["0.3", "-3.33333333e-101"]);
    expect(again.integer(Tags.InstanceNumber)).toBe(12);
  });

  it.each([
    ["a backslash hidden in one value", "LO", "a\\b"],
    ["letters beyond ASCII in a code", "CS", "É"],
    ["a number that does not fit", "US", 65536],
    ["a fraction in an integer", "IS", 1.5],
    ["an integer beyond 32 bits", "IS", 2 ** 31],
    ["text in a binary number", "UL", "12"],
    ["text for bytes", "OB", "abc"],
    ["two values of a text that has one", "UT", ["a", "b"]],
  ] as const)("refuses %s", (_, vr, value) => {
    const dataSet = new DataSet().set(0x00091001, vr, value);
    expect(codeOf(() => encodeDataSet(dataSet, ExplicitVRLittleEndian))).toBe("DICOM_VALUE_INVALID");
  });

  it("writes what 16 bits of length cannot say as UN (PS3.5 6.2.2)", () => {
    const long = "x".repeat(70_000);
    const bytes = encodeDataSet(
      new DataSet().set(0x00104000, "LT", long).set(0x0020000d, "UI", "1.2"),
      ExplicitVRLittleEndian,
    );
    expect(bytes.toString("latin1", 4, 6)).toBe("UN");
    const again = explicitly(bytes);
    expect(again.string(Tags.PatientComments)).toBe(long);
    expect(again.string(Tags.StudyInstanceUID)).toBe("1.2");
  });

  it("refuses to nest without end", () => {
    let dataSet = new DataSet();
    for (let depth = 0; depth < 65; depth++) dataSet = new DataSet().set(Tags.ContentSequence, "SQ", [dataSet]);
    expect(codeOf(() => encodeDataSet(dataSet, ExplicitVRLittleEndian))).toBe("DICOM_TOO_DEEP");
  });
});
