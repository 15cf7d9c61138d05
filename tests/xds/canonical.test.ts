import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Canonicalisation, canonicalise } from "../../appliance/xds/canonical.ts";
import { child, parseRoot } from "../../appliance/xds/xml-read.ts";
import { hasCommand } from "../support/peers.ts";

const c14n = (xml: string, method: Canonicalisation) => canonicalise(parseRoot(xml), method);
const peer = hasCommand("xmllint");

function xmllint(xml: string, method: Canonicalisation): string {
  const option = method === "exclusive" ? "--exc-c14n" : "--c14n";
  return execFileSync("xmllint", [option, "-"], { input: xml, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
}

describe("canonical XML", () => {
  const documents = [
    `<a z="1" b="2" xmlns:q="urn:q" q:c="3" xmlns="urn:d"/>`,
    `<a xmlns="urn:1"><b xmlns=""><c xmlns="urn:1"/></b></a>`,
    `<p:a xmlns:p="urn:p" xmlns:unused="urn:u"><p:b xmlns:p="urn:other"><c/></p:b></p:a>`,
    `<a xmlns:b="urn:z" xmlns:c="urn:a" b:x="1" c:x="2" x="0" xml:lang="fr"/>`,
    "<a>\r\n &amp;&lt;&gt;\"'&#13;<![CDATA[<x>&]]>é😀</a>",
    `<a b="&quot;&lt;&gt;&amp;&#9;&#10;&#13;'é"/>`,
    `<a xmlns:é="urn:1" xmlns:z="urn:2" é:k="1" z:k="2" Z="1" _="2"/>`,
  ];

  it.skipIf(!peer).each(documents)("is byte for byte what xmllint writes: %s", (xml) => {
    expect(c14n(xml, "exclusive")).toBe(xmllint(xml, "exclusive"));
    expect(c14n(xml, "inclusive")).toBe(xmllint(xml, "inclusive"));
  });

  it.skipIf(!peer)("agrees with xmllint on generated documents (xmllint absent: skipped)", () => {
    const prefixes = ["", "p", "q"] as const;
    const declaration = fc.record({
      prefix: fc.constantFrom(...prefixes),
      uri: fc.constantFrom("urn:1", "urn:2", "urn:3"),
    });
    const { node } = fc.letrec<{ node: string }>((tie) => ({
      node: fc
        .record({
          prefix: fc.constantFrom(...prefixes),
          declarations: fc.uniqueArray(declaration, { selector: (d) => d.prefix, maxLength: 3 }),
          attributes: fc.uniqueArray(fc.constantFrom("a", "b", "p:a", "q:b"), { maxLength: 3 }),
          children: fc.array(fc.oneof({ depthSize: "small" }, fc.constant("text &lt; "), tie("node")), {
            maxLength: 3,
          }),
        })
        .map(({ prefix, declarations, attributes, children }) => {
          const name = prefix === "" ? "e" : `${prefix}:e`;
          const xmlns = declarations.map((d) => ` xmlns${d.prefix === "" ? "" : `:${d.prefix}`}="${d.uri}"`).join("");
          return `<${name}${xmlns}${attributes.map((a) => ` ${a}="v"`).join("")}>${children.join("")}</${name}>`;
        }),
    }));
    // Two attributes of one expanded name are not well-formed: p and q start apart, and stay so unless redeclared.
    const wellFormed = (xml: string) => {
      try {
        xmllint(xml, "inclusive");
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(node, (inner) => {
        const xml = `<root xmlns:p="urn:1" xmlns:q="urn:2">${inner}</root>`;
        fc.pre(wellFormed(xml));
        expect(c14n(xml, "exclusive")).toBe(xmllint(xml, "exclusive"));
        expect(c14n(xml, "inclusive")).toBe(xmllint(xml, "inclusive"));
      }),
      { numRuns: 60 },
    );
  });

  it("of a subtree takes the namespaces in scope (inclusive) or in use (exclusive)", () => {
    const root = parseRoot(`<a xmlns="urn:a" xmlns:p="urn:p" xml:lang="fr"><b p:x="1"/></a>`);
    const apex = child(root, "urn:a", "b")!;
    expect(canonicalise(apex, "inclusive")).toBe(`<b xmlns="urn:a" xmlns:p="urn:p" xml:lang="fr" p:x="1"></b>`);
    expect(canonicalise(apex, "exclusive")).toBe(`<b xmlns="urn:a" xmlns:p="urn:p" p:x="1"></b>`);
  });

  it.each(["<a>x<!-- y -->z</a>", "<a><?x y?></a>"])("refuses what splits signed text: %s", (xml) => {
    expect(() => c14n(xml, "exclusive")).toThrow(expect.objectContaining({ code: "XDS_SIGNATURE_INVALID" }));
  });
});
