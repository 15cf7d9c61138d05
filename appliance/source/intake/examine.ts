import { createHash } from "node:crypto";
import { CodedError, said } from "../../base/index.ts";
import { isValidUID } from "../../dicom/index.ts";
import { type Charset, type Message, parseMessage, readMessage } from "../../hl7/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Environment } from "./identity.ts";
import { receivedReport, studiesOf } from "./report.ts";

/** What the door must know of a message to answer for it. */
export interface Examination {
  /** MSH-3 and MSH-4; undefined when the header could not be read. */
  readonly sender?: string;
  /** MSH-10. */
  readonly controlId: string;
  /** SHA-256 of the message. */
  readonly digest: Uint8Array;
  /** Why the message is at fault, when it is. */
  readonly refusal?: CodedError;
}

export interface ExaminationOptions {
  readonly defaultCharset: Charset;
  readonly timeZone: string;
  readonly environment: Environment;
}

/** Is this a report or an order that names its studies? Everything else is judged later, from the store. */
export function examine(bytes: Buffer, options: ExaminationOptions): Examination {
  let message: Message | undefined;
  const refusal = faultOf(() => {
    message = parseMessage(bytes, { defaultCharset: options.defaultCharset });
    check(message, options);
  });
  return said({
    sender: message && `${message.msh.value(3)}|${message.msh.value(4)}`,
    controlId: message?.msh.value(10) ?? "",
    digest: createHash("sha256").update(bytes).digest(),
    refusal,
  });
}

/** The coded error that `work` throws: the message is at fault. Anything else thrown is ours, and goes on. */
function faultOf(work: () => void): CodedError | undefined {
  try {
    work();
    return undefined;
  } catch (failure) {
    if (failure instanceof CodedError) return failure;
    throw failure;
  }
}

function check(message: Message, { timeZone, environment }: ExaminationOptions): void {
  const read = readMessage(message, { timeZone });
  const { processingId } = read.kind === "order" ? read.order : read.report;
  if (environment === "production" && processingId !== "P") {
    throw sourceErrors.fault("SOURCE_PROCESSING_ID", { where: "MSH-11", details: { processing: processingId } });
  }
  if (read.kind === "order") {
    checkStudies(
      read.order.orders.map(({ studyInstanceUID }) => studyInstanceUID),
      "IPC-3",
    );
    return;
  }
  const { header, kind } = receivedReport(read.report, timeZone);
  const studies = header === undefined ? [] : studiesOf(header);
  // A deletion names its document, and that is enough.
  if (studies.length === 0 && kind === "report") throw sourceErrors.fault("SOURCE_NO_STUDY", { where: "OBX-5" });
  checkStudies(studies, "OBX-5");
}

function checkStudies(studies: readonly string[], where: string): void {
  if (!studies.every(isValidUID)) throw sourceErrors.fault("SOURCE_STUDY_UID_INVALID", { where });
}
