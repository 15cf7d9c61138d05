/**
 * hooklift/gowsdl#217, owasp-modsecurity/ModSecurity#435: quoted `start` and `boundary` parameters, and boundaries with
 * dashes and signs in them, are cut or refused.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseMediaType, parseMultipart, rootPart } from "../../appliance/xds/index.ts";

/** RFC 2046 5.1.1, without the blank: what a boundary may hold. */
const SIGNS = [..."0123456789abcXYZ'()+_,-./:=?"];
const boundaries = fc.string({ unit: fc.constantFrom(...SIGNS), minLength: 1, maxLength: 70 });

function packageOf(boundary: string): Buffer {
  const part = (id: string, content: string) => `--${boundary}\r\nContent-ID: <${id}>\r\n\r\n${content}\r\n`;
  // Each part holds what almost is the boundary: with something after it, or not at the beginning of a line.
  return Buffer.from(
    `${part("other", `--${boundary}x\r\n ${boundary}`)}${part("root", `<a/> --${boundary}`)}--${boundary}--\r\n`,
  );
}

function rootOf(contentType: string, boundary: string): string {
  const mediaType = parseMediaType(contentType);
  return Buffer.from(rootPart(parseMultipart(packageOf(boundary), mediaType), mediaType).bytes).toString();
}

it.each([
  ["----=_Part_8", 'multipart/related; boundary="----=_Part_8"; start="<root>"'],
  ["----=_Part_8", "multipart/related; boundary=----=_Part_8; start=<root>"],
  ["----=_Part_8", 'multipart/related;\r\n\tboundary="----=_Part_8";\r\n\tstart="<root>"'],
  ["uuid:1+(2)", 'Multipart/Related; START="<root>"; Boundary="uuid:1+(2)"; type="application/xop+xml"'],
  ["a b", 'multipart/related; boundary="a b"; start="<root>"'],
  ['a"b', 'multipart/related; boundary="a\\"b"; start="<root>"'],
  ["b", 'multipart/related; start="root"; boundary=b'],
])("%s, as in %s", (boundary, contentType) => {
  expect(rootOf(contentType, boundary)).toBe(`<a/> --${boundary}`);
});

it("any boundary of the grammar, quoted", () => {
  fc.assert(
    fc.property(boundaries, (boundary) => {
      expect(rootOf(`multipart/related; start="<root>"; boundary="${boundary}"`, boundary)).toBe(`<a/> --${boundary}`);
    }),
    { numRuns: 300 },
  );
});
