/** nextgenhealthcare/connect#407: a blank line between two segments, and one message becomes two. */
import { expect, it } from "vitest";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";

it.each(["\r\r", "\r\n\r\n", "\n\n\n", "\r \r"])("%j between segments is one message", (segmentEnd) => {
  const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "1", segmentEnd });
  expect(readReport(parseMessage(Buffer.concat([Buffer.from("\r\n\r\n"), bytes]))).controlId).toBe("1");
});
