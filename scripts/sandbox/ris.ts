/**
 * A RIS for the sandbox and the tests: it makes reports of patients who do not exist and sends them by MLLP.
 *
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575          one report, and the answer
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575 MDM      the same as MDM^T02
 */
import { randomUUID } from "node:crypto";
import { sendMllp } from "../../appliance/hl7/index.ts";
import { buildReportMessage } from "./ris/message.ts";
import { sandboxReport } from "./ris/report.ts";

export { sendMllp } from "../../appliance/hl7/index.ts";
export { buildCda } from "./ris/cda.ts";
export { buildReportMessage, type MessageOptions } from "./ris/message.ts";
export { samplePdf } from "./ris/pdf.ts";
export {
  INS_TEST_OID,
  type ReportChanges,
  SANDBOX_ROOT,
  type SandboxReport,
  type SandboxStudy,
  sandboxReport,
  sandboxStudy,
} from "./ris/report.ts";

if (import.meta.main) {
  const [host = "127.0.0.1", port = "2575", family = "ORU"] = process.argv.slice(2);
  const message = buildReportMessage(sandboxReport(), {
    family: family === "MDM" ? "MDM" : "ORU",
    controlId: randomUUID(),
  });
  const ack = await sendMllp({ host, port: Number(port) }, message);
  process.stdout.write(`${ack.toString("utf8").replaceAll("\r", "\n")}\n`);
}
