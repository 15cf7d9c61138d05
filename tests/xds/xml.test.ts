import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { parseRoot, text } from "../../appliance/xds/xml-read.ts";
import { element } from "../../appliance/xds/xml-write.ts";

describe("writing XML", () => {
  it("gives back any legal text and attribute value, markup characters included", () => {
    const legal = fc
      .string({ unit: "grapheme" })
      .filter((value) => !/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(value));
    fc.assert(
      fc.property(legal, legal, (attribute, content) => {
        const root = parseRoot(element("a", { b: attribute }, content).xml);
        expect(root.getAttribute("b")).toBe(attribute);
        expect(root.textContent).toBe(content);
      }),
      { numRuns: 300 },
    );
  });

  it.each([["\u0000"], ["\u0007"], ["\u001b[2J"], ["\ufffe"], ["\ud800"], ["\udc00x"]])(
    "refuses %j, which XML cannot hold",
    (bad) => {
      expect(() => element("a", {}, `x${bad}`)).toThrow(expect.objectContaining({ code: "XDS_CHARACTER_NOT_ALLOWED" }));
      expect(() => element("a", { b: `x${bad}` })).toThrow(
        expect.objectContaining({ code: "XDS_CHARACTER_NOT_ALLOWED" }),
      );
    },
  );

  it("never takes text for markup", () => {
    expect(element("a", {}, "<b/>&amp;").xml).toBe("<a>&lt;b/&gt;&amp;amp;</a>");
  });
});

describe("reading XML from the network", () => {
  it.each([
    ["a DTD", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XDS_XML_FORBIDDEN"],
    ["an external DTD", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "XDS_XML_FORBIDDEN"],
    ["65 levels", "<a>".repeat(65) + "</a>".repeat(65), "XDS_XML_FORBIDDEN"],
    ["a million levels", "<a>".repeat(1_000_000), "XDS_XML_TOO_LARGE"],
    ["a control character by reference", "<a>&#1;</a>", "XDS_XML_FORBIDDEN"],
    ["an undefined entity", "<a>&x;</a>", "XDS_XML_UNREADABLE"],
    ["an unbound prefix", "<p:a/>", "XDS_XML_UNREADABLE"],
    ["an attribute twice", '<a x="1" x="2"/>', "XDS_XML_UNREADABLE"],
    ["an unclosed element", "<a><b></a>", "XDS_XML_UNREADABLE"],
    ["two roots", "<a/><b/>", "XDS_XML_UNREADABLE"],
    ["text after the root", "<a/>x", "XDS_XML_UNREADABLE"],
    ["nothing", "", "XDS_XML_UNREADABLE"],
    ["an HTML page", "<html><body><br><p>Proxy error</body></html>", "XDS_XML_UNREADABLE"],
  ])("refuses %s", (_, xml, code) => {
    expect(() => parseRoot(xml)).toThrow(expect.objectContaining({ code }));
    expect(() => parseRoot(Buffer.from(xml))).toThrow(expect.objectContaining({ code }));
  });

  it("takes U+FFFD, legal though a sign of damage, and leaves U+0085 and U+2028 as they are", () => {
    expect(parseRoot("<a>J\ufffdR\u0085\u2028</a>").textContent).toBe("J\ufffdR\u0085\u2028");
  });

  it("refuses bytes that are not UTF-8 and more than 4 MiB", () => {
    expect(() => parseRoot(Buffer.from("<a>\xe9</a>", "latin1"))).toThrow(
      expect.objectContaining({ code: "XDS_XML_UNREADABLE" }),
    );
    expect(() => parseRoot(Buffer.alloc(4 * 1024 * 1024 + 1))).toThrow(
      expect.objectContaining({ code: "XDS_XML_TOO_LARGE" }),
    );
  });

  it("reads a document with a byte order mark, a declaration, comments and CDATA", () => {
    expect(
      text(parseRoot(Buffer.from('\ufeff<?xml version="1.0"?><!-- hello --><a> <![CDATA[<x>]]>&#233; </a>'))),
    ).toBe("<x>é");
  });

  it("throws nothing but coded errors, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("<", ">", "/", "a", ":", '"', "&", ";", "=", " ", "!", "-", "?", "[", "]") }),
        (xml) => {
          try {
            parseRoot(xml);
          } catch (error) {
            expect(error).toBeInstanceOf(CodedError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
