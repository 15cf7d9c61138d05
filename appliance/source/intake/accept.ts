import { createHash, randomUUID } from "node:crypto";
import { asCoded, CodedError, type Logger, said } from "../../base/index.ts";
import { readReportHeader } from "../../cda/index.ts";
import { isValidUID } from "../../dicom/index.ts";
import {
  buildAck,
  type Condition,
  type Message,
  parseMessage,
  type ReportMessage,
  readReport,
} from "../../hl7/index.ts";
import type { Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Environment } from "./identity.ts";
import { type ReadingOptions, studiesOf } from "./report.ts";

export interface AcceptOptions extends ReadingOptions {
  readonly store: Pick<Store, "recordMessage">;
  readonly environment: Environment;
  readonly now: () => Date;
  readonly log: Logger;
  /** Called when a message has been taken: there is work in the store. */
  readonly onAccepted: () => void;
}

/** ERR-3 of the causes that are this room's own; the others are told by `hl7/`. */
const conditions: Readonly<Record<string, Condition>> = {
  SOURCE_ACTION_NOT_HANDLED: { code: ["201", "Unsupported event code"] },
  SOURCE_NO_STUDY: { code: ["101", "Required field missing"] },
  SOURCE_STUDY_UID_INVALID: { code: ["102", "Data type error"] },
  SOURCE_PROCESSING_ID: { code: ["202", "Unsupported processing id"] },
};

/**
 * The first room of the source: takes a message, or says why not.
 *
 * AA promises that the box has the document for good, so it leaves only after the commit; what the answer needs to
 * know (is this a new imaging report that names a study?) is looked at before, and everything else is done later
 * from the store. AE: the message is at fault. AR: the box is, and the sender may try again.
 */
export function createAcceptor(options: AcceptOptions): (bytes: Buffer, peer: { address: string }) => Promise<Buffer> {
  return async (bytes, peer) => {
    const receivedAt = options.now();
    let message: Message | undefined;
    const answer = (code: "AA" | "AE" | "AR", error?: CodedError) => {
      const condition = conditions[error?.code ?? ""];
      return buildAck(message ?? bytes, said({ code, controlId: randomUUID(), now: receivedAt, error, condition }));
    };
    const record = (refusal?: CodedError) =>
      options.store.recordMessage(
        said({
          receivedAt,
          sender: message === undefined ? peer.address : `${message.msh.value(3)}|${message.msh.value(4)}`,
          controlId: message?.msh.value(10) ?? "",
          digest: createHash("sha256").update(bytes).digest(),
          peer: peer.address,
          bytes,
          answer: refusal === undefined ? answer("AA") : answer("AE", refusal),
          refusal: refusal?.code,
        }),
      );
    try {
      const refusal = faultOf(() => {
        message = parseMessage(bytes, { defaultCharset: options.defaultCharset(peer.address) });
        checkReport(readReport(message), options);
      });
      const { id, fresh, answer: given } = await record(refusal);
      const facts = said({ message: id, fresh, bytes: bytes.length, code: refusal?.code });
      options.log.info(facts, refusal === undefined ? "report accepted" : "message refused");
      if (fresh && refusal === undefined) options.onAccepted();
      return Buffer.from(given);
    } catch (failure) {
      const error = asCoded(failure, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
      options.log.error({ error }, "message not recorded");
      return answer("AR", error);
    }
  };
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

/** What must be true of a report for the box to answer for it. */
function checkReport(report: ReportMessage, { timeZone, environment }: AcceptOptions): void {
  const { processingId, action } = report;
  if (environment === "production" && processingId !== "P") {
    throw sourceErrors.fault("SOURCE_PROCESSING_ID", { where: "MSH-11", details: { processing: processingId } });
  }
  if (action !== "create") {
    throw sourceErrors.fault("SOURCE_ACTION_NOT_HANDLED", { where: "MSH-9", details: { action } });
  }
  const studies = studiesOf(readReportHeader(report.document, { timeZone }));
  if (studies.length === 0) throw sourceErrors.fault("SOURCE_NO_STUDY", { where: "OBX-5" });
  if (!studies.every(isValidUID)) throw sourceErrors.fault("SOURCE_STUDY_UID_INVALID", { where: "OBX-5" });
}
