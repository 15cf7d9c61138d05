import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { parseMediaType, parseMultipart, rootPart } from "../../appliance/xds/mime.ts";

const unreadable = expect.objectContaining({ code: "XDS_MIME_UNREADABLE" });
const split = (contentType: string, body: string | Buffer) =>
  parseMultipart(Buffer.from(body), parseMediaType(contentType));
const show = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

describe("Content-Type (RFC 2045)", () => {
  it.each([
    ['multipart/related;boundary="----=_Part_8"', { boundary: "----=_Part_8" }],
    ["Multipart/Related; BOUNDARY=----=_Part_8.1", { boundary: "----=_Part_8.1" }],
    [
      "multipart/related; boundary=uuid:ac95cc6e-f93f; start=<root.message@cxf.apache.org>",
      { boundary: "uuid:ac95cc6e-f93f", start: "<root.message@cxf.apache.org>" },
    ],
    [
      'multipart/related; boundary="a \\"quoted\\" \\\\ one"; type="application/xop+xml"',
      { boundary: 'a "quoted" \\ one', type: "application/xop+xml" },
    ],
    ['multipart/related;\r\n\tboundary="x";\r\n start-info="a;b=c" ;', { boundary: "x", "start-info": "a;b=c" }],
    ["multipart/related", {}],
  ])("reads %s", (header, parameters) => {
    const parsed = parseMediaType(header);
    expect(parsed.type).toBe("multipart/related");
    expect(Object.fromEntries(parsed.parameters)).toEqual(parameters);
  });

  it.each(["", "multipart", "/x", "a/b; boundary", "a/b; boundary=", 'a/b; boundary="x', "a/b; x=1; X=2", "a/b; =1"])(
    "refuses %j",
    (header) => {
      expect(() => parseMediaType(header)).toThrow(unreadable);
    },
  );

  it("takes time proportional to the header", () => {
    const started = performance.now();
    expect(() => parseMediaType(`a/b; x="${"\\\\".repeat(500_000)}`)).toThrow(unreadable);
    expect(() => parseMediaType(`a/b${" ; ".repeat(200_000)}=`)).toThrow(unreadable);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("multipart bodies (RFC 2046)", () => {
  const head = "Content-Type: application/xop+xml\r\nContent-ID: <root@x>\r\n\r\n";

  it("finds the root by start wherever it stands", () => {
    const type = 'multipart/related; boundary=b; start="<root@x>"';
    const parts = split(
      type,
      `preamble\r\n--b\r\nContent-ID: <1>\r\n\r\nother\r\n--b\r\n${head}<a/>\r\n--b--\r\nepilogue`,
    );
    expect(show(rootPart(parts, parseMediaType(type)).bytes)).toBe("<a/>");
    expect(parts).toHaveLength(2);
    expect(() => rootPart(parts, parseMediaType('multipart/related; boundary=b; start="<no>"'))).toThrow(unreadable);
    expect(show(rootPart(parts, parseMediaType("multipart/related; boundary=b")).bytes)).toBe("other");
  });

  it("accepts LF alone, blanks after the boundary, an empty part, no final line break", () => {
    expect(split("a/b; boundary=b", "--b \n\n1\n--b\t\r\n\r\n\r\n--b--").map(({ bytes }) => show(bytes))).toEqual([
      "1",
      "",
    ]);
    expect(split("a/b; boundary=b", "--b\n\n--b--")[0]!.bytes).toHaveLength(0);
  });

  it("keeps binary parts byte for byte, even when they hold something like the boundary", () => {
    const data = Buffer.from([13, 10, 45, 45, 98, 88, 0, 255, 10, 45, 45, 98, 120, 13, 10, 45, 45, 98, 45]);
    const body = Buffer.concat([Buffer.from("--b\r\n\r\n"), data, Buffer.from("\r\n--b--\r\n")]);
    expect(split("a/b; boundary=b", body)[0]!.bytes).toEqual(data);
  });

  it("decodes base64 parts, line breaks included, and each part's own headers", () => {
    const body =
      "--b\r\nContent-Type: application/dicom;\r\n  name=x\r\nContent-Transfer-Encoding: BASE64\r\n\r\naGVs\r\nbG8=\r\n--b--";
    const [part] = split("a/b; boundary=b", body);
    expect(show(part!.bytes)).toBe("hello");
    expect(part!.contentType.parameters.get("name")).toBe("x");
  });

  it.each([
    ["no boundary parameter", "a/b", "--b\r\n\r\n1\r\n--b--"],
    ["a boundary over 70 characters", `a/b; boundary=${"b".repeat(71)}`, ""],
    ["no part at all", "a/b; boundary=b", "hello"],
    ["nothing but the end", "a/b; boundary=b", "--b--"],
    ["a body cut before its end", "a/b; boundary=b", "--b\r\n\r\n1\r\n--b\r\n\r\n2"],
    ["headers without end", "a/b; boundary=b", "--b\r\nX: 1\r\n--b--"],
    ["a line that is no header", "a/b; boundary=b", "--b\r\nhello\r\n\r\n1\r\n--b--"],
    ["a header twice", "a/b; boundary=b", "--b\r\nContent-ID: 1\r\nContent-ID: 2\r\n\r\n1\r\n--b--"],
    ["quoted-printable", "a/b; boundary=b", "--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n1\r\n--b--"],
    ["101 parts", "a/b; boundary=b", `${"--b\r\n\r\n1\r\n".repeat(101)}--b--`],
  ])("refuses %s", (_, type, body) => {
    expect(() => split(type, body)).toThrow(unreadable);
  });

  it("throws nothing but coded errors, whatever comes", () => {
    const piece = fc.constantFrom("--b", "--", "\r\n", "\n", "\r", " ", ":", "a", "Content-ID", "<x>", "base64");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          split("multipart/related; boundary=b", pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
