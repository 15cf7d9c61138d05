/**
 * A RIS for the sandbox and the tests: it makes orders and reports of patients who do not exist and sends them by MLLP.
 *
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575               one report, and the answer
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575 MDM           the same as MDM^T02
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575 MDM replace   its next version; `delete` takes the first back
 *     node scripts/sandbox/ris.ts 127.0.0.1 2575 OMI           the order of its study; `change`, `cancel`
 */
import { randomUUID } from "node:crypto";
import { sendMllp } from "../../appliance/hl7/index.ts";
import { buildReportMessage } from "./ris/message.ts";
import { buildOrderMessage } from "./ris/order.ts";
import { nextVersion, sandboxReport } from "./ris/report.ts";

export { sendMllp } from "../../appliance/hl7/index.ts";
export { buildCda } from "./ris/cda.ts";
export { buildReportMessage, type MessageOptions } from "./ris/message.ts";
export { buildOrderMessage, type OrderOptions } from "./ris/order.ts";
export { samplePdf } from "./ris/pdf.ts";
export {
  INS_TEST_OID,
  nextVersion,
  type ReportChanges,
  SANDBOX_ROOT,
  type SandboxReport,
  type SandboxStudy,
  sandboxReport,
  sandboxStudy,
} from "./ris/report.ts";

if (import.meta.main) {
  const [host = "127.0.0.1", port = "2575", family = "ORU", action = "create"] = process.argv.slice(2);
  const ack = await sendMllp({ host, port: Number(port) }, message(family, action));
  process.stdout.write(`${ack.toString("utf8").replaceAll("\r", "\n")}\n`);
}

function message(family: string, action: string): Buffer {
  const controlId = randomUUID();
  const report = sandboxReport();
  if (family === "OMI") {
    return buildOrderMessage(report, { controlId, action: oneOf(["create", "change", "cancel"], action) });
  }
  const options = {
    controlId,
    family: oneOf(["ORU", "MDM"], family),
    action: oneOf(["create", "replace", "delete"], action),
  };
  return buildReportMessage(action === "replace" ? nextVersion(report) : report, options);
}

function oneOf<const Name extends string>(names: readonly Name[], given: string): Name {
  const name = names.find((candidate) => candidate === given);
  if (name === undefined) throw new TypeError(`${given} is none of ${names.join(", ")}`);
  return name;
}
