/** What the Accept header may say, and what is sent for it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ANY_SYNTAX, negotiate, parseAccept, type Representation } from "../../appliance/dicomweb/index.ts";
import { sharedSamples } from "../support/samples.ts";

const LE = "1.2.840.10008.1.2.1";
const J = (end: string) => `1.2.840.10008.1.2.4.${end}`;

/** Each member as `type/subtype;name=value…@q`. */
const read = (...lines: string[]) =>
  parseAccept(lines).map(({ type, subtype, parameters, q }) =>
    [`${type}/${subtype}`, ...[...parameters].map(([name, value]) => `${name}=${value}`)].join(";").concat(`@${q}`),
  );

describe("the grammar (RFC 9110 12.5.1)", () => {
  it.each<[why: string, lines: string[], members: string[]]>([
    ["no field at all", [], []],
    ["an empty field", [""], []],
    ["blanks only", [" \t "], []],
    ["commas only", [",, ,"], []],
    ["one type", ["application/dicom"], ["application/dicom@1"]],
    ["any", ["*/*"], ["*/*@1"]],
    ["any of a type", ["image/*"], ["image/*@1"]],
    ["upper case", ["APPLICATION/DICOM+JSON"], ["application/dicom+json@1"]],
    ["a list", ["a/b,c/d"], ["a/b@1", "c/d@1"]],
    ["a list with blanks", [" a/b ,\tc/d "], ["a/b@1", "c/d@1"]],
    ["a trailing comma", ["a/b,"], ["a/b@1"]],
    ["a leading comma", [",a/b"], ["a/b@1"]],
    ["two commas", ["a/b,,c/d"], ["a/b@1", "c/d@1"]],
    ["repeated fields", ["a/b", "c/d"], ["a/b@1", "c/d@1"]],
    ["repeated fields that end in commas", ["a/b,", "c/d,"], ["a/b@1", "c/d@1"]],
    ["a parameter", ["a/b;n=v"], ["a/b;n=v@1"]],
    ["blanks around the semicolon", ["a/b ; n=v"], ["a/b;n=v@1"]],
    ["blanks around the equals sign, which are met", ["a/b; n = v"], ["a/b;n=v@1"]],
    ["a name in upper case, a value whose case counts", ["a/b;N=V"], ["a/b;n=V@1"]],
    ["a quoted value", ['a/b;n="v"'], ["a/b;n=v@1"]],
    ["a quoted value with separators", ['a/b;n="x,y;z=1"'], ["a/b;n=x,y;z=1@1"]],
    ["a quoted value with escapes", ['a/b;n="a\\"b\\\\c"'], ['a/b;n=a"b\\c@1']],
    ["an empty quoted value", ['a/b;n=""'], ["a/b;n=@1"]],
    ["a parameter that comes twice", ["a/b;n=1;n=2"], ["a/b;n=1@1"]],
    ["semicolons that nothing follows", ["a/b;;n=v;"], ["a/b;n=v@1"]],
    ["boundary=** as a token", ["multipart/related;boundary=**"], ["multipart/related;boundary=**@1"]],
    ["boundary=** quoted", ['multipart/related;boundary="**"'], ["multipart/related;boundary=**@1"]],
    ["transfer-syntax=*", ["a/b;transfer-syntax=*"], ["a/b;transfer-syntax=*@1"]],
    ["q=0", ["a/b;q=0"], ["a/b@0"]],
    ["q=0.", ["a/b;q=0."], ["a/b@0"]],
    ["q=0.0", ["a/b;q=0.0"], ["a/b@0"]],
    ["q=0.001", ["a/b;q=0.001"], ["a/b@0.001"]],
    ["q=0.95", ["a/b;q=0.95"], ["a/b@0.95"]],
    ["q=1", ["a/b;q=1"], ["a/b@1"]],
    ["q=1.000", ["a/b;q=1.000"], ["a/b@1"]],
    ["q=.5, which is met", ["a/b;q=.5"], ["a/b@0.5"]],
    ["more digits than three, which are met", ["a/b;q=0.33333"], ["a/b@0.33333"]],
    ["Q in upper case", ["a/b;Q=0.3"], ["a/b@0.3"]],
    ["a parameter behind q", ["a/b;q=0.5;boundary=x"], ["a/b;boundary=x@0.5"]],
    ["an extension without value behind q", ["a/b;q=0.5;ext"], ["a/b@0.5"]],
    [
      "what a browser sends",
      ["text/html,application/xml;q=0.9,*/*;q=0.8"],
      ["text/html@1", "application/xml@0.9", "*/*@0.8"],
    ],
  ])("reads %s", (_, lines, members) => expect(read(...lines)).toEqual(members));

  it.each<[why: string, line: string, member: number]>([
    ["no slash", "application", 1],
    ["no subtype", "application/", 1],
    ["no type", "/dicom", 1],
    ["two slashes", "a/b/c", 1],
    ["a star before a subtype", "*/dicom", 1],
    ["a parameter without value", "a/b;n", 1],
    ["an empty value", "a/b;n=", 1],
    ["an open quotation", 'a/b;n="x', 1],
    ["something behind a quotation", 'a/b;n="x"y', 1],
    ["a control character", "a/b;n=\x01", 1],
    ["a control character in quotes", 'a/b;n="\x01"', 1],
    ["a line break in quotes", 'a/b;n="x\r\ny"', 1],
    ["a type without comma behind another", "a/b c/d", 1],
    ["the second member", "a/b, c", 2],
    ["the third, empty ones not counted", "a/b,,c/d,,e", 3],
    ["q above one", "a/b;q=1.1", 1],
    ["q below zero", "a/b;q=-0.1", 1],
    ["q that is no number", "a/b;q=x", 1],
    ["q in exponents", "a/b;q=1e-1", 1],
    ["q of two", "a/b;q=2", 1],
    ["an empty q", "a/b;q=", 1],
    ["brackets", "[a/b]", 1],
  ])("refuses %s, and says which member", (_, line, member) => {
    expect(() => parseAccept([line])).toThrow(
      expect.objectContaining({ code: "DICOMWEB_ACCEPT_INVALID", details: { member } }),
    );
  });

  it("bounds what it reads", () => {
    expect(parseAccept(Array.from({ length: 128 }, () => "a/b"))).toHaveLength(128);
    expect(() => parseAccept(Array.from({ length: 129 }, () => "a/b"))).toThrow(/129/);
    expect(() => parseAccept([`a/b;n=${"v".repeat(20_000)}`])).toThrow(/Accept/);
  });

  it("reads whatever it could have written, and ends on anything", () => {
    const token = fc.stringMatching(/^[!#$%&'+.^_`|~0-9A-Za-z-]{1,8}$/);
    const value = fc.string({ unit: "grapheme-ascii", maxLength: 10 });
    const member = fc.record({
      type: token,
      subtype: token,
      parameters: fc.dictionary(
        token.filter((name) => name.toLowerCase() !== "q"),
        value,
        { maxKeys: 4 },
      ),
      q: fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000),
    });
    const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), (members) => {
        const line = members.map(({ type, subtype, parameters, q }) =>
          [`${type}/${subtype}`, ...Object.entries(parameters).map(([n, v]) => `${n}=${quoted(v)}`), `q=${q}`].join(
            "; ",
          ),
        );
        const parsed = parseAccept([line.join(" , ")]);
        expect(parsed.map(({ q }) => q)).toEqual(members.map(({ q }) => q));
        for (const [index, { parameters }] of members.entries()) {
          for (const [name, text] of new Map(
            Object.entries(parameters)
              .toReversed()
              .map(([n, v]) => [n.toLowerCase(), v]),
          ))
            expect(parsed[index]?.parameters.get(name)).toBe(text);
        }
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 })), (lines) => {
        try {
          parseAccept(lines);
        } catch (error) {
          expect(error).toMatchObject({ code: "DICOMWEB_ACCEPT_INVALID" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

type What = Parameters<typeof negotiate>[0]["what"];
const INSTANCE = { sopInstanceUID: "1.2" };
const asked = (what: What, alone: boolean, ...lines: string[]): Representation =>
  negotiate({ what, ...(alone && INSTANCE) }, lines, { lenient: false });
const multipart = (...transferSyntaxes: string[]) => ({ form: "multipart", transferSyntaxes });
const single = (...transferSyntaxes: string[]) => ({ form: "single", transferSyntaxes });
const frames = (...transferSyntaxes: string[]) => ({ form: "frames", transferSyntaxes });
const json = (contentType: string) => ({ form: "json", contentType });

describe("what is sent (PS3.18 8.7)", () => {
  const M = 'multipart/related; type="application/dicom"';
  it.each<[why: string, lines: string[], sent: Representation | object]>([
    ["no transfer syntax: Explicit VR", [M], multipart(LE)],
    ["any", ["*/*"], multipart(LE)],
    ["no inner type", ["multipart/related"], multipart(LE)],
    ["any multipart", ["multipart/*"], multipart(LE)],
    ["one", [`${M}; transfer-syntax=${J("80")}`], multipart(J("80"))],
    ["one, quoted", [`${M}; transfer-syntax="${J("80")}"`], multipart(J("80"))],
    [
      "falling weight",
      [`${M};transfer-syntax=${J("50")};q=0.5, ${M};transfer-syntax=${J("70")};q=0.9`],
      multipart(J("70"), J("50")),
    ],
    [
      "the first of two alike",
      [`${M};transfer-syntax=${J("50")};q=0.5, ${M};transfer-syntax=${J("51")};q=0.5`],
      multipart(J("50"), J("51")),
    ],
    ["as stored", [`${M};transfer-syntax=*`], multipart(...ANY_SYNTAX)],
    [
      "as stored, but one",
      [`${M};transfer-syntax=*`, `${M};transfer-syntax=${J("50")};q=0`],
      multipart(...ANY_SYNTAX.filter((one) => one !== J("50"))),
    ],
    [
      "one before all others",
      [`${M};transfer-syntax=*;q=0.1`, `${M};transfer-syntax=${J("80")}`],
      multipart(J("80"), ...ANY_SYNTAX.filter((one) => one !== J("80"))),
    ],
    ["something else first", ["text/html", `${M};q=0.1`], multipart(LE)],
    [
      "the closer of two, the wider one first",
      ["*/*;q=0.9", `${M};q=0`, `${M};transfer-syntax=${J("80")}`],
      multipart(J("80")),
    ],
    [
      "the closer of two, the wider one last",
      [`${M};q=0.5`, `${M};transfer-syntax=${J("80")};q=0.6`, "*/*"],
      multipart(J("80"), LE),
    ],
    ["what is meant by default before a star", [`${M};transfer-syntax=*;q=0.1`, M], multipart(...ANY_SYNTAX)],
    [
      "Implicit VR, which the web does not have, and another",
      [`${M};transfer-syntax=1.2.840.10008.1.2`, `${M};q=0.1`],
      multipart(LE),
    ],
    ["a syntax that is younger than this code", [`${M};transfer-syntax=${J("999")}`], multipart(J("999"))],
    ["the same twice: the first", [`${M};q=0`, `${M};q=1`, `${M};transfer-syntax=${J("80")}`], multipart(J("80"))],
    ["any inner type", ['multipart/related; type="*/*"'], multipart(LE)],
    ["a name in other cases", ['Multipart/Related; TYPE="Application/DICOM"'], multipart(LE)],
  ])("a series, for %s", (_, lines, sent) => expect(asked("objects", false, ...lines)).toEqual(sent));

  it.each<[what: What, alone: boolean, line: string, sent: object]>([
    ["objects", true, "application/dicom", single(LE)],
    ["objects", true, `application/dicom; transfer-syntax=${J("80")}`, single(J("80"))],
    ["objects", true, "application/*", single(LE)],
    ["objects", true, "*/*", multipart(LE)],
    ["objects", true, `${M};q=0.5, application/dicom`, single(LE)],
    ["metadata", false, "application/dicom+json", json("application/dicom+json")],
    ["metadata", false, "application/json", json("application/json")],
    ["metadata", true, "*/*", json("application/dicom+json")],
    ["metadata", false, "application/json;q=0.9, application/dicom+json;q=0.3", json("application/json")],
    ["frames", true, 'multipart/related; type="application/octet-stream"', frames(LE)],
    ["frames", true, 'multipart/related; type="application/octet-stream"; transfer-syntax=*', frames(...ANY_SYNTAX)],
    ["frames", true, "application/octet-stream", frames(LE)],
    ["frames", true, 'multipart/related; type="image/jls"', frames(J("80"), J("81"))],
    ["frames", true, `multipart/related; type="image/jls"; transfer-syntax=${J("80")}`, frames(J("80"))],
    [
      "frames",
      true,
      `multipart/related; type="image/jls"; transfer-syntax=${J("80")}, multipart/related; type="application/octet-stream";q=0.5`,
      frames(J("80"), LE),
    ],
    ["frames", true, "*/*", frames(LE)],
    ["frames", true, "image/jp2", frames(J("90"), J("91"))],
    ["frames", true, `multipart/related; type="image/*"; transfer-syntax=${J("50")}`, frames(J("50"))],
    [
      "frames",
      true,
      'multipart/related; type="image/jls", multipart/related; type="image/*"; q=0',
      frames(J("80"), J("81")),
    ],
    ["frames", true, "video/mpeg2", frames(J("100"), J("100.1"), J("101"), J("101.1"))],
    ["rendered", true, "image/jpeg", { form: "jpeg" }],
    ["thumbnail", false, "image/*", { form: "jpeg" }],
    ["bulkdata", true, 'multipart/related; type="application/octet-stream"', { form: "bulk-multipart" }],
    ["bulkdata", true, "application/octet-stream", { form: "bulk-single" }],
    ["bulkdata", true, "*/*;q=0.2", { form: "bulk-multipart" }],
  ])("%s (of an instance: %s) for %s", (what, alone, line, sent) => {
    expect(asked(what, alone, line)).toEqual(sent);
  });

  it.each<[what: What, alone: boolean, line: string]>([
    ["objects", false, ""],
    ["objects", false, "application/dicom"],
    ["objects", false, "image/jpeg"],
    ["objects", false, "application/octet-stream"],
    ["objects", true, "application/octet-stream"],
    ["objects", false, 'multipart/related; type="application/octet-stream"'],
    ["objects", false, `${M};q=0`],
    ["objects", false, `${M};transfer-syntax=1.2.840.10008.1.2`],
    ["objects", false, `${M};transfer-syntax=1.2.840.10008.1.2.2`],
    ["objects", false, `${M};transfer-syntax=1.2.840.10008.1.2.1.99`],
    ["objects", false, `${M};transfer-syntax=everything`],
    ["objects", false, `${M};transfer-syntax=1.2.840.10008.1.2.4.${"1".repeat(64)}`],
    ["objects", false, 'multipart/mixed; type="application/dicom"'],
    ["objects", true, "application/dicom;q=0, */*;q=0"],
    ["frames", true, 'multipart/related; type="application/dicom"'],
    ["frames", true, "audio/*"],
    ["bulkdata", true, 'multipart/related; type="application/pdf"'],
    ["metadata", false, M],
    ["metadata", false, "application/dicom+xml"],
    ["metadata", false, "application/*, application/json;q=0, application/dicom+json;q=0"],
    ["frames", true, "image/png"],
    ["frames", true, `multipart/related; type="image/jls"; transfer-syntax=${J("50")}`],
    ["rendered", true, "image/png"],
  ])("406 for %s (of an instance: %s) as %s, with what can be had", (what, alone, line) => {
    expect(() => asked(what, alone, line)).toThrow(
      expect.objectContaining({
        code: "DICOMWEB_NOT_ACCEPTABLE",
        details: { available: expect.stringMatching(/\w+\/\w+/) },
      }),
    );
  });

  it("takes a request without Accept as any, where the site says so", () => {
    expect(negotiate({ what: "objects" }, [], { lenient: true })).toEqual(multipart(LE));
    expect(() => negotiate({ what: "objects" }, ["text/html"], { lenient: true })).toThrow(/Accept/);
  });
});

const samples = sharedSamples() && join(sharedSamples()!, "drim-m-data/wado-rs");
describe.skipIf(samples === undefined)("the requests of the national validator (needs ../shared)", () => {
  const lossless = [J("70"), J("80"), J("91"), J("50"), J("51"), J("100"), J("101"), J("102"), J("103"), LE];
  const lossy = [J("50"), J("51"), J("70"), J("80"), J("91"), J("100"), J("101"), J("102"), J("103"), LE];
  it.each(samples === undefined ? [] : readdirSync(samples))("%s", (file) => {
    const text = readFileSync(join(samples as string, file), "utf8");
    const lines = [...text.matchAll(/^Accept:\s*(.*?)\s*$/gm)].map(([, line = ""]) => line);
    const wanted = file.includes("lossless") ? lossless : lossy;
    expect(asked("objects", file.startsWith("instance"), ...lines)).toEqual(multipart(...wanted));
  });
});
