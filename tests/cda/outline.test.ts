import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_DEPTH, readReportHeader } from "../../appliance/cda/index.ts";
import { outline } from "../../appliance/cda/outline.ts";
import { buildCda, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

function cut(xml: string): string {
  return outline(Buffer.from(xml)).header.toString();
}

function refusal(xml: string): string {
  return codeOf(() => outline(Buffer.from(xml)));
}

describe("the body is left out, and nothing else", () => {
  it.each([
    [
      "level 1",
      "<C><id/><component><nonXMLBody><text>QQ==</text></nonXMLBody></component></C>",
      "<C><id/><component><nonXMLBody></nonXMLBody></component></C>",
    ],
    [
      "level 3, with components inside",
      '<C><component><structuredBody a=">"><component><section/></component></structuredBody></component><x/></C>',
      '<C><component><structuredBody a=">"></structuredBody></component><x/></C>',
    ],
    [
      "a prefix",
      "<h:C><h:component><h:nonXMLBody>x</h:nonXMLBody></h:component></h:C>",
      "<h:C><h:component><h:nonXMLBody></h:nonXMLBody></h:component></h:C>",
    ],
    ["an empty body", "<C><component><nonXMLBody/></component></C>", "<C><component><nonXMLBody/></component></C>"],
    ["no body", "<C><id/></C>", "<C><id/></C>"],
  ])("%s", (_what, xml, header) => {
    expect(cut(xml)).toBe(header);
  });

  it("is not looked for in comments, CDATA, instructions, attributes, or elsewhere than at its place", () => {
    for (const decoy of [
      "<!-- <component><nonXMLBody> -->",
      "<?pi <component><nonXMLBody> ?>",
      "<t><![CDATA[<component><nonXMLBody>]]></t>",
      `<t a="<"></t>`.replace('<"', '&lt;component>"'),
      "<t a='<!-- >'></t>".replace("<!--", "--"),
      "<other><component><nonXMLBody>kept</nonXMLBody></component></other>",
    ])
      expect(cut(`<C>${decoy}<component><nonXMLBody>gone</nonXMLBody></component></C>`)).toBe(
        `<C>${decoy}<component><nonXMLBody></nonXMLBody></component></C>`,
      );
  });
});

describe("the markup must be whole", () => {
  it.each([
    ["nothing", "", "CDA_NOT_XML byte 0"],
    ["text", "hello", "CDA_NOT_XML byte 5"],
    ["a cut document", "<C><component><nonXMLBody><text>QQ", "CDA_NOT_XML byte 34"],
    ["a tag cut short", "<C><id", "CDA_NOT_XML byte 3"],
    ["tags that cross", "<C><a><b></a></b></C>", "CDA_NOT_XML byte 9"],
    ["two roots", "<C></C><C></C>", "CDA_NOT_XML byte 7"],
    ["an end too many", "<C></C></C>", "CDA_NOT_XML byte 7"],
    ["a comment without end", "<C><!-- </C>", "CDA_NOT_XML byte 3"],
    ["two hyphens inside a comment", "<C><!-- a -- b --></C>", "CDA_NOT_XML byte 3"],
    ["a comment that seems to end where it begins", "<C><!--><a/><!-- --></C>", "CDA_NOT_XML byte 3"],
    ["an attribute without end", '<C a="></C>', "CDA_NOT_XML byte 0"],
    ["a tag inside a tag", "<C <a>></C>", "CDA_NOT_XML byte 0"],
  ])("%s", (_what, xml, code) => {
    expect(refusal(xml)).toBe(code);
  });

  it("a DOCTYPE is refused wherever it stands and however it is written", () => {
    for (const doctype of [
      "<!DOCTYPE C>",
      "<!doctype C>",
      '<!DOCTYPE C [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
      "<!ENTITY a 'b'>",
    ])
      for (const xml of [`${doctype}<C/>`, `<?xml version="1.0"?>\n<!-- x -->${doctype}<C/>`, `<C>${doctype}</C>`])
        expect(refusal(xml)).toMatch(/^CDA_DOCTYPE/);
  });

  it("nesting has a limit, in the header and in the body", () => {
    const nest = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);
    expect(refusal(`<C>${nest(MAX_DEPTH - 1)}</C>`)).toBe("no error");
    expect(refusal(`<C>${nest(MAX_DEPTH)}</C>`)).toMatch(/^CDA_TOO_DEEP/);
    expect(refusal(`<C>${nest(1_000_000)}</C>`)).toMatch(/^CDA_TOO_DEEP/);
    expect(refusal(`<C><component><structuredBody>${"<a/>".repeat(300_000)}</structuredBody></component></C>`)).toBe(
      "CDA_TOO_DEEP",
    );
  });
});

describe("a damaged report gives a header or a coded error, and never stalls", () => {
  const good = buildCda(sandboxReport());
  it("any few bytes changed, removed or doubled", () => {
    const put = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc
        .constantFrom("<", ">", "&", "&#0;", "&nbsp;", "<!--", "<![CDATA[", "<!DOCTYPE a>", '"', "xmlns:a=''", "\u0001")
        .map((s) => Buffer.from(s)),
    );
    const edit = fc.tuple(fc.nat(good.length - 1), fc.nat(40), put);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let bytes = Buffer.from(good);
        for (const [at, length, insert] of edits)
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + length)]);
        expect(codeOf(() => readReportHeader(bytes))).toMatch(/^(CDA_|no error)/);
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ["an attribute twice", 'code="FR"', 'code="FR" code="FR"'],
    ["an attribute without quotes", 'code="FR"', "code=FR"],
    ["an entity that nobody declared", "scanner", "&nbsp;"],
    ["an ampersand", "scanner", "a & b"],
    ["a prefix without namespace", "<realmCode", "<z:x/><realmCode"],
    ["the NUL character", "scanner", "&#0;"],
    ["a comment without end in an attribute", 'code="FR"', 'code="<!--"'],
    ["a thousand instructions without end in an attribute", 'code="FR"', `code="${"<?x".repeat(1000)}"`],
    ["an entity after a comment in an attribute", 'code="FR"', 'code="<!--&nbsp;-->"'],
  ])("%s is not XML", (_what, from, to) => {
    expect(codeOf(() => readReportHeader(Buffer.from(good.toString().replace(from, to))))).toMatch(/^CDA_NOT_XML/);
  });
});
