/** usnistgov/iheos-toolkit2#482: PID-3 with several authorities, and the wrong one is picked. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parseMessage, readReport } from "../../appliance/hl7/index.ts";
import { buildReportMessage, INS_TEST_OID, sandboxReport } from "../../scripts/sandbox/ris.ts";

const repetitions = [
  `285039999900196^^^ASIP-SANTE-INS-NIR&${INS_TEST_OID}&ISO^INS`,
  "P0001^^^IMAGERIE&2.25.1&ISO^PI",
  "X9^^^&2.25.2&ISO^PI",
  "OLD^^^2.25.3&ISO^MR",
  "NOBODY",
];

it("each identifier keeps its own authority, in any order", () => {
  const order = fc.shuffledSubarray(repetitions, { minLength: repetitions.length });
  fc.assert(
    fc.property(order, (values) => {
      const fields = { "PID-3": values.join("~") };
      const bytes = buildReportMessage(sandboxReport(), { family: "ORU", controlId: "1", fields });
      const { identifiers } = readReport(parseMessage(bytes)).patient;
      const byOid = Object.fromEntries(identifiers.map((id) => [id.authority.oid ?? "none", id.value]));
      expect(byOid).toEqual({
        [INS_TEST_OID]: "285039999900196",
        "2.25.1": "P0001",
        "2.25.2": "X9",
        "2.25.3": "OLD",
        none: "NOBODY",
      });
    }),
    { numRuns: 50 },
  );
});
