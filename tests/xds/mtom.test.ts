import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACTION,
  mtomMessage,
  parseMediaType,
  parseMultipart,
  rootPart,
  soapMessage,
} from "../../appliance/xds/index.ts";
import { provideAndRegister } from "../../appliance/xds/transactions.ts";

async function chunksOf(message: { bytes(): AsyncIterable<Uint8Array> }): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.bytes()) chunks.push(chunk);
  return chunks;
}

const read = async (message: { bytes(): AsyncIterable<Uint8Array> }) => Buffer.concat(await chunksOf(message));

describe("an MTOM request", () => {
  const part = {
    contentId: "DocumentKOS.1@drimbox",
    mimeType: "application/dicom",
    bytes: Buffer.from([0, 13, 10, 255]),
  };

  it("has the exact Content-Type that XOP servers demand", () => {
    const { contentType } = mtomMessage("<e/>", ACTION.provideAndRegister, [part]);
    expect(contentType.replace(/[0-9a-f]{16,}/g, "*")).toBe(
      'multipart/related; boundary="drimbox_*"; type="application/xop+xml"; start="<envelope.*@drimbox>"; ' +
        'start-info="application/soap+xml"; action="urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"',
    );
    expect(contentType).toMatch(/boundary="drimbox_[0-9a-f]{32}"/);
  });

  it("is, byte for byte, CRLF, the envelope first, binary parts, a closing boundary", async () => {
    const message = mtomMessage("<e/>", ACTION.provideAndRegister, [part]);
    const boundary = parseMediaType(message.contentType).parameters.get("boundary")!;
    const body = (await read(message))
      .toString("latin1")
      .replaceAll(boundary, "B")
      .replace(/envelope\.[0-9a-f]+/, "envelope");
    expect(body).toBe(
      [
        "--B",
        'Content-Type: application/xop+xml; charset=UTF-8; type="application/soap+xml"',
        "Content-Transfer-Encoding: binary",
        "Content-ID: <envelope@drimbox>",
        "",
        "<e/>",
        "--B",
        "Content-Type: application/dicom",
        "Content-Transfer-Encoding: binary",
        "Content-ID: <DocumentKOS.1@drimbox>",
        "",
        "\0\r\n\xff",
        "--B--",
        "",
      ].join("\r\n"),
    );
  });

  it("is read back by any multipart reader, its length is known, and it can be sent again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }),
        async (envelope, contents) => {
          const message = mtomMessage(
            envelope,
            "urn:x",
            contents.map((bytes, i) => ({ ...part, contentId: `${i}`, bytes })),
          );
          const body = await read(message);
          expect(body).toHaveLength(message.contentLength);
          expect(await read(message)).toEqual(body);
          const type = parseMediaType(message.contentType);
          const parts = parseMultipart(body, type);
          expect(rootPart(parts, type)).toBe(parts[0]);
          expect(parts.map(({ bytes }) => Buffer.from(bytes))).toEqual([
            Buffer.from(envelope),
            ...contents.map((c) => Buffer.from(c)),
          ]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("hands big documents to the socket piece by piece, without copying them", async () => {
    const bytes = Buffer.alloc(1_000_000);
    const chunks = await chunksOf(mtomMessage("", "urn:x", [{ ...part, bytes }]));
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBe(64 * 1024);
    expect(chunks.filter((chunk) => chunk.buffer === bytes.buffer).length).toBeGreaterThan(10);
  });

  it("never uses the same boundary twice", () => {
    const boundaries = Array.from({ length: 100 }, () => mtomMessage("", "urn:x", []).contentType);
    expect(new Set(boundaries)).toHaveLength(100);
  });

  it("includes a part by its URL-encoded Content-ID (RFC 2392)", () => {
    expect(provideAndRegister("<x/>", [{ id: "D", contentId: "a%b c@drimbox" }]).xml).toContain(
      'href="cid:a%25b%20c@drimbox"',
    );
  });

  it("names the action in a plain SOAP 1.2 message", async () => {
    const message = soapMessage("<é/>", ACTION.storedQuery);
    expect(message.contentType).toBe(
      'application/soap+xml; charset=UTF-8; action="urn:ihe:iti:2007:RegistryStoredQuery"',
    );
    expect(message.contentLength).toBe(5);
    expect((await read(message)).toString()).toBe("<é/>");
  });
});
