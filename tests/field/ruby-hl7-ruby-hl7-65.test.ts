/** ruby-hl7/ruby-hl7#65: segments that end with LF or CRLF are read as one long segment. */
import { expect, it } from "vitest";
import { buildAck, parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";

it("all three ends read the same, and the answer ends its segments with CR alone", () => {
  const [cr, lf, crlf] = ["\r", "\n", "\r\n"].map((segmentEnd) =>
    buildReportMessage(sandboxReport(), { family: "MDM", controlId: "1", segmentEnd }),
  ) as [Buffer, Buffer, Buffer];
  const read = readReport(parseMessage(cr));
  for (const bytes of [lf, crlf, crlf.subarray(0, -2)]) {
    const remarks = [{ code: "HL7_SEGMENT_END", where: "MSH" }];
    expect(readReport(parseMessage(bytes))).toEqual({ ...read, remarks });
    const ack = buildAck(bytes, { code: "AA", controlId: "A", now: new Date(0) }).toString();
    expect(ack.match(/[\r\n]+/g)).toEqual(["\r", "\r"]);
  }
});
