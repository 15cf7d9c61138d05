/** gematik/api-ePA#3: a package whose `type` or `start-info` is not the exact one is refused, by some servers and not by others. */
import { expect, it } from "vitest";
import { ACTION, mtomMessage, parseMediaType, parseMultipart, rootPart } from "../../appliance/xds/index.ts";

/** RFC 2387 and XOP 4.1: the type of the package is the root's, `start-info` is that of what the root serialises. */
const GOLDEN =
  'multipart/related; boundary="*"; type="application/xop+xml"; start="<*>"; start-info="application/soap+xml"; ' +
  'action="urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"';
const GOLDEN_ROOT = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"';

it("the headers are these, to the letter", async () => {
  const part = { contentId: "1@drimbox", mimeType: "application/dicom", bytes: Buffer.from("DICM") };
  const message = mtomMessage("<e/>", ACTION.provideAndRegister, [part]);
  const mediaType = parseMediaType(message.contentType);
  const { boundary, start } = Object.fromEntries(mediaType.parameters) as { boundary: string; start: string };
  expect(message.contentType.replace(boundary, "*").replace(start, "<*>")).toBe(GOLDEN);

  const chunks: Uint8Array[] = [];
  for await (const chunk of message.bytes()) chunks.push(chunk);
  const parts = parseMultipart(Buffer.concat(chunks), mediaType);
  expect(parts.map(({ headers }) => headers.get("content-type"))).toEqual([GOLDEN_ROOT, "application/dicom"]);
  expect(parts.map(({ headers }) => headers.get("content-transfer-encoding"))).toEqual(["binary", "binary"]);
  expect(`<${rootPart(parts, mediaType).contentId}>`).toBe(start);
});
