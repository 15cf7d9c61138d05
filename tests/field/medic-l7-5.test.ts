/** medic/L7#5: French names in 8859/1 are decoded as UTF-8. */
import { expect, it } from "vitest";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildReportMessage, sandboxReport } from "../../scripts/sandbox/ris.ts";

const report = sandboxReport({ patient: { birthGiven: "GWENAËLLE-ÉLÉONORE" } });

it.each(["8859/1", "8859/15", "UNICODE UTF-8"])("MSH-18 %s says how to read the name", (charset) => {
  const bytes = buildReportMessage(report, { family: "ORU", controlId: "1", charset });
  expect(bytes.includes(Buffer.from([0xcb]))).toBe(charset !== "UNICODE UTF-8");
  expect(readReport(parseMessage(bytes)).patient.givenName).toBe("GWENAËLLE-ÉLÉONORE");
});

it("a sender that leaves MSH-18 empty has a default of its own", () => {
  const bytes = buildReportMessage(report, {
    family: "ORU",
    controlId: "1",
    charset: "8859/1",
    fields: { "MSH-18": "" },
  });
  expect(readReport(parseMessage(bytes, { defaultCharset: "latin1" })).patient.givenName).toBe("GWENAËLLE-ÉLÉONORE");
});
