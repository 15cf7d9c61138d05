/** The Accept header, character by character and weight by weight (RFC 9110 5.6, 12.4.2, 12.5.1). */
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { parseAccept, parseMediaType } from "../../appliance/dicomweb/index.ts";

const between = (first: number, last: number) =>
  String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
const OCTETS = between(0, 255);
const VISIBLE = between(0x21, 0x7e);
const OBS_TEXT = between(0x80, 0xff);
const without = (text: string, excluded: string) => [...text].filter((one) => !excluded.includes(one)).join("");
/** RFC 9110 5.6.2: all that is visible but the delimiters. */
const TCHAR = without(VISIBLE, '"(),/:;<=>?@[\\]{}');

function reads(line: string): boolean {
  try {
    parseAccept([line]);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return false;
  }
}

/** The octets that may stand in that place. */
const accepted = (place: (octet: string) => string) => [...OCTETS].filter((octet) => reads(place(octet))).join("");

describe("what may stand", () => {
  it.each<[where: string, place: (octet: string) => string, octets: string]>([
    ["within a type", (c) => `a${c}b/c`, TCHAR],
    ["within a subtype", (c) => `a/b${c}c`, TCHAR],
    ["as a type", (c) => `${c}/b`, without(TCHAR, "*")],
    ["as a subtype", (c) => `a/${c}`, TCHAR],
    ["within the name of a parameter", (c) => `a/b;n${c}m=v`, `${TCHAR}=`],
    ["within a value without quotes, more than the RFC has", (c) => `a/b;n=v${c}w=x`, without(VISIBLE, '"\\,')],
    ["as a value without quotes", (c) => `a/b;n=${c}`, without(VISIBLE, '"\\,;')],
    ["within quotes", (c) => `a/b;n="v${c}w"`, `\t ${without(VISIBLE, '"')}${OBS_TEXT}`],
    ["behind a backslash in quotes", (c) => `a/b;n="\\${c}"`, `\t ${VISIBLE}${OBS_TEXT}`],
    ["behind quotes", (c) => `a/b;n="v"${c}`, "\t ,;"],
    ["before a member", (c) => `${c}a/b`, `\t ,${TCHAR}`],
    ["before a semicolon", (c) => `a/b${c};n=v`, `\t ;${TCHAR}`],
    ["behind an equals sign", (c) => `a/b;n=${c}v`, `\t ${without(VISIBLE, '"\\,;')}`],
  ])("%s", (_, place, octets) => {
    expect([...accepted(place)].sort()).toEqual([...octets].sort());
  });

  it("every octet in quotes is what it was", () => {
    for (const octet of `\t ${VISIBLE}${OBS_TEXT}`) {
      expect(parseAccept([`a/b;n="\\${octet}"`])[0]?.parameters.get("n")).toBe(octet);
    }
  });
});

describe("a weight", () => {
  const thousandths = Array.from({ length: 1001 }, (_, index) => (index / 1000).toFixed(3));
  const short = Array.from({ length: 11 }, (_, index) => (index / 10).toFixed(1));
  it.each(["q", "Q", " q", "q ", "q = "].map((name) => [name]))("as %j is each of the RFC's", (name) => {
    const all = [...thousandths, ...short, "0", "0.", "1", "1."];
    const line = (text: string) => (name.includes("=") ? `a/b;${name}${text}` : `a/b;${name}=${text}`);
    expect(all.map((text) => parseAccept([line(text)])[0]?.q)).toEqual(all.map(Number));
  });

  it.each([
    ..."1.001 1.1 2 10 00 01 00.5 -0 -1 +1 1e0 0x1 . 0,5 0.5.5 0.-5 NaN Infinity one".split(" "),
    ...'"" "x" "0.5 0.5\u00a0 1/2 50% * \u0660'.split(" "),
    ...["", " ", "0 .5"],
  ])("%j is none", (text) => expect(reads(`a/b;q=${text}`)).toBe(false));

  it.each([["a/b;q=0.5;q=0.9"], ["a/b;n=v;q=0.5;m=w"], ["a/b;q=0.5;ext"], ["a/b;q=0.5;ext=1"], ['a/b;q="0.5"']])(
    "of %s is one half",
    (line) => expect(parseAccept([line])[0]?.q).toBe(0.5),
  );
});

describe("a star", () => {
  it.each([["*"], ["*/*"], ["*;q=.2"], ["* ; q=1"], ["*/*;charset=x"]])("%s is anything", (line) => {
    expect(parseAccept([line])).toMatchObject([{ type: "*", subtype: "*" }]);
  });

  it.each([["*/b"], ["*/"], ["**"], ["*a"], ["*/ *"], ["* /*"]])("%s is nothing", (line) =>
    expect(reads(line)).toBe(false),
  );
});

describe("a media type", () => {
  it.each<[text: string, type: string | undefined, parameters?: Record<string, string>]>([
    ["application/dicom", "application/dicom"],
    [" Application/DICOM ; Transfer-Syntax=1.2 ", "application/dicom", { "transfer-syntax": "1.2" }],
    [
      'multipart/related; type="application/dicom"; boundary=b;',
      "multipart/related",
      { type: "application/dicom", boundary: "b" },
    ],
    ["a/b;q=2", "a/b", { q: "2" }],
    ["", undefined],
    ["a", undefined],
    ["a/b,c/d", undefined],
    ["a/b,", undefined],
    ["a/b;n", undefined],
    ["a/b c", undefined],
  ])("%j", (text, type, parameters = {}) => {
    const read = parseMediaType(text);
    expect(read && `${read.type}/${read.subtype}`).toBe(type);
    if (read !== undefined) expect(Object.fromEntries(read.parameters)).toEqual(parameters);
  });
});
