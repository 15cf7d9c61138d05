/** crs4/hl7apy#45, nHapiNET/nHapi#594: base64 broken into lines, or above 64 K, and the document is lost or cut. */
import { expect, it } from "vitest";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildCda, buildReportMessage, samplePdf, sandboxReport } from "../../scripts/sandbox/ris.ts";
import { codeOf } from "../support/codes.ts";

const report = sandboxReport({ pdf: samplePdf("x", 3_800_000) });
const cda = buildCda(report);

function broken(separator: string): Buffer {
  const text = buildReportMessage(report, { family: "ORU", controlId: "1" }).toString("utf8");
  return Buffer.from(
    text.replace(/Base64\^([^|]*)/, (_, data: string) => `Base64^${data.match(/.{1,76}/g)!.join(separator)}`),
  );
}

it.each(["\r\n", "\n", "\r", "\\.br\\", "\\X0D\\\\X0A\\", "\\X0D0A\\", " ", "\r\n\t"])(
  "5 MB of it with %j every 76 characters give the document byte for byte",
  (separator) => {
    const bytes = broken(separator);
    expect(bytes.length).toBeGreaterThan(5_000_000);
    expect(Buffer.from(readReport(parseMessage(bytes)).document!).equals(cda)).toBe(true);
  },
);

it("any other character in it is refused, and the limit is configurable", () => {
  for (const separator of ["-", "_", "\\.sp\\", "\\X41\\", "=", "\u00a0"])
    expect(codeOf(() => readReport(parseMessage(broken(separator))))).toBe("HL7_DOCUMENT_ENCODING OBX-5.5");
  expect(codeOf(() => readReport(parseMessage(broken("\r\n")), { documentBytes: 1_000_000 }))).toBe(
    "HL7_DOCUMENT_TOO_LARGE OBX-5.5",
  );
});
