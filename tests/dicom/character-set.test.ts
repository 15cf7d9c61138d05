import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  characterSetOf,
  chooseCharacterSet,
  DataSet,
  ExplicitVRLittleEndian,
  encodeDataSet,
  encodeText,
  readDataSet,
  readPart10,
  Tags,
} from "../../appliance/dicom/index.ts";
import { sharedSamples } from "../support/samples.ts";
import { codeOf, explicit, item } from "./bytes.ts";

const samples = sharedSamples();

/** Decodes a person name given as Latin-1 letters for bytes. */
function name(terms: string, bytes: string) {
  return characterSetOf(terms.split("\\")).decode(Buffer.from(bytes, "latin1"), true);
}

describe("the examples of PS3.5 annexes H, I, J and K", () => {
  it.each([
    [
      "H.3.1",
      "\\ISO 2022 IR 87",
      "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
      "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ],
    [
      "H.3.2",
      "ISO 2022 IR 13\\ISO 2022 IR 87",
      "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
      "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ],
    [
      "I.2",
      "\\ISO 2022 IR 149",
      "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
      "Hong^Gildong=洪^吉洞=홍^길동",
    ],
    ["J.1", "ISO_IR 192", "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1", "Wang^XiaoDong=王^小東"],
    ["J.3", "GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"],
    ["J.3 as GBK", "GBK", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"],
    ["K.2", "\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", "Zhang^XiaoDong=张^小东="],
  ])("%s", (_, terms, bytes, expected) => {
    expect(name(terms, bytes)).toEqual({ text: expected, suspect: false });
  });
});

describe("the single-byte sets", () => {
  it.each([
    ["ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme"],
    ["ISO_IR 101", "Wa\xb3\xeasa", "Wałęsa"],
    ["ISO_IR 109", "\xa6\xfe", "Ĥŝ"],
    ["ISO_IR 110", "\xb9\xba", "šē"],
    ["ISO_IR 144", "\xbb\xee\xda", "Люк"],
    ["ISO_IR 127", "\xe2\xc8", "قب"],
    ["ISO_IR 126", "\xc4\xe9\xef", "Διο"],
    ["ISO_IR 138", "\xf9\xf8", "שר"],
    ["ISO_IR 148", "\xdd\xf0", "İğ"],
    ["ISO_IR 203", "c\xbdur \xa4", "cœur €"],
    ["ISO_IR 166", "\xa1\xb1", "กฑ"],
    ["ISO_IR 13", "\xd4\xcf", "ﾔﾏ"],
    ["ISO 2022 IR 100", "J\xe9r\xf4me", "Jérôme"],
    ["ISO 2022 IR 6\\ISO 2022 IR 126", "A\x1b-F\xc4\xe9", "AΔι"],
    ["\\ISO 2022 IR 159", "\x1b$(D\x30\x21", "丂"],
  ])("%s", (terms, bytes, expected) => {
    expect(name(terms, bytes)).toEqual({ text: expected, suspect: false });
  });
});

describe("what cannot be trusted is marked, and nothing throws", () => {
  it.each([
    ["letters beyond ASCII with no character set", "", "J\xe9r\xf4me"],
    ["Latin-1 declared UTF-8", "ISO_IR 192", "J\xe9r\xf4me"],
    ["UTF-8 declared Latin-1", "ISO_IR 100", "J\xc3\xa9r\xc3\xb4me"],
    ["bytes that the set does not have", "ISO_IR 127", "\xa1"],
    ["control bytes 80 to 9F", "ISO_IR 100", "a\x85"],
    ["a term that nobody knows", "KLINGON", "\xe9"],
    ["an escape sequence of no set", "\\ISO 2022 IR 87", "\x1b$Zab"],
    ["escape sequences that were not announced", "", "\x1b$B;3\x1b(B"],
    ["escape sequences in UTF-8", "ISO_IR 192", "\x1b$B;3\x1b(B"],
    ["half a double-byte character", "\\ISO 2022 IR 149", "\x1b$)C\xfb"],
  ])("%s", (_, terms, bytes) => {
    expect(name(terms, bytes).suspect).toBe(true);
  });

  it("decodes any bytes in any set", () => {
    const terms = fc.constantFrom(
      "",
      "ISO_IR 100",
      "ISO_IR 192",
      "GB18030",
      "\\ISO 2022 IR 87",
      "ISO 2022 IR 13\\ISO 2022 IR 149",
    );
    fc.assert(
      fc.property(terms, fc.uint8Array({ maxLength: 64 }), fc.boolean(), (set, bytes, personName) => {
        expect(typeof characterSetOf(set.split("\\")).decode(Buffer.from(bytes), personName).text).toBe("string");
      }),
    );
  });
});

describe("in a data set", () => {
  it("a nested character set rules its item, the outer one the others (PS3.3 C.12.1.1.2)", () => {
    const bytes = Buffer.concat([
      explicit(0x00080005, "CS", "ISO_IR 100"),
      explicit(
        0x00081115,
        "SQ",
        Buffer.concat([
          item(explicit(0x00080005, "CS", "ISO_IR 192"), explicit(0x0008103e, "LO", "\xc3\xa9t\xc3\xa9 ")),
          item(explicit(0x0008103e, "LO", "\xe9t\xe9 ")),
        ]),
      ),
    ]);
    const items = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian }).items(Tags.ReferencedSeriesSequence);
    expect(items.map((one) => one.string(Tags.SeriesDescription))).toEqual(["été", "été"]);
  });

  it.each(["LO", "PN", "ST", "UN"])(
    "is read whatever VR it claims, even %s, which is a text of the set itself",
    (vr) => {
      const bytes = Buffer.concat([explicit(0x00080005, vr, "ISO_IR 192"), explicit(0x00081030, "LO", "\xc3\xa9")]);
      const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
      expect(dataSet.string(Tags.StudyDescription)).toBe("é");
    },
  );

  it("splits values after decoding: the second byte of a GBK character may be a backslash", () => {
    const bytes = Buffer.concat([explicit(0x00080005, "CS", "GBK "), explicit(0x00081030, "LO", "\x81\x5c\\b ")]);
    const dataSet = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
    expect(dataSet.strings(Tags.StudyDescription)).toEqual(["乗", "b"]);
  });

  it.skipIf(samples === undefined)("reads the names of the sample files (skipped when ../shared is absent)", () => {
    const read = (file: string) => readPart10(readFileSync(join(samples!, "dicom-corpus", file))).dataSet;
    expect(read("chrFren.dcm").string(Tags.PatientName)).toBe("Buc^Jérôme");
    expect(read("chrArab.dcm").string(Tags.PatientName)).toBe("قباني^لنزار");
    expect(read("chrJapMulti.dcm").string(Tags.PatientName)).toBe("やまだ^たろう");
    expect(read("chrI2.dcm").string(Tags.PatientName)).toBe("Hong^Gildong=洪^吉洞=홍^길동");
    expect(read("chrX1.dcm").string(Tags.PatientName)).toBe("Wang^XiaoDong=王^小東=");
    for (const file of ["chrFren", "chrGerm", "chrGreek", "chrHbrw", "chrRuss", "chrH31"]) {
      expect(read(`${file}.dcm`).isSuspect(Tags.PatientName)).toBe(false);
    }
  });
});

describe("writing", () => {
  it("chooses the simplest set that holds every text", () => {
    expect(chooseCharacterSet(["MARTIN^ANNE", ""])).toBeUndefined();
    expect(chooseCharacterSet(["MARTIN", "ZOÉ"])).toBe("ISO_IR 100");
    expect(chooseCharacterSet(["ZOÉ", "cœur"])).toBe("ISO_IR 192");
    expect(chooseCharacterSet(["a\u0085"])).toBe("ISO_IR 192");
  });

  it("gives back every text in the set it chose", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
        fc.pre(!/[\\\uFFFD\x1b]/.test(text) && text.isWellFormed());
        const set = chooseCharacterSet([text]);
        const dataSet = new DataSet().set(Tags.TextValue, "UT", text);
        if (set !== undefined) dataSet.set(Tags.SpecificCharacterSet, "CS", set);
        const bytes = encodeDataSet(dataSet, ExplicitVRLittleEndian);
        const again = readDataSet(bytes, { transferSyntax: ExplicitVRLittleEndian });
        expect(again.strings(Tags.TextValue).join("")).toBe(text.replace(/[ \0]+$/, ""));
      }),
    );
  });

  it.each([
    ["ISO_IR 100", "œ"],
    ["ISO_IR 144", "é"],
    ["", "é"],
    ["GB18030", "王"],
    ["ISO_IR 192", "lost \uFFFD"],
  ])("says so when %s cannot hold %s", (term, text) => {
    expect(codeOf(() => encodeText(text, characterSetOf([term])))).toBe("DICOM_TEXT_NOT_ENCODABLE");
  });
});
