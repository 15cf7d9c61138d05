import { createHash, randomUUID } from "node:crypto";
import { asCoded, type CodedError, type Logger, said } from "../../base/index.ts";
import { readReportHeader } from "../../cda/index.ts";
import { isValidUID } from "../../dicom/index.ts";
import { buildAck, type Charset, type Condition, type Message, parseMessage, readReport } from "../../hl7/index.ts";
import type { Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import type { ReadingOptions } from "./report.ts";

export interface AcceptOptions extends ReadingOptions {
  readonly store: Pick<Store, "recordMessage">;
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
};

/**
 * The first room of the source: takes a message, or says why not.
 *
 * AA promises that the box has the document for good, so it leaves only after the commit; what the answer needs to
 * know (is this a new imaging report that names a study?) is looked at before, and everything else is done later
 * from the store. AE: the message is at fault. AR: the box is, and the sender may try again.
 */
export function createAcceptor(options: AcceptOptions): (bytes: Buffer, peer: { address: string }) => Promise<Buffer> {
  const { store, log } = options;

  return async (bytes, peer) => {
    const receivedAt = options.now();
    const digest = createHash("sha256").update(bytes).digest();
    const { message, error } = examine(bytes, options.defaultCharset(peer.address), options.timeZone);
    const answer = (code: "AA" | "AE" | "AR", reason?: CodedError) =>
      buildAck(
        message ?? bytes,
        said({
          code,
          controlId: randomUUID(),
          now: receivedAt,
          error: reason,
          condition: conditions[reason?.code ?? ""],
        }),
      );
    try {
      const recorded = await store.recordMessage(
        said({
          receivedAt,
          sender: senderOf(message) ?? peer.address,
          controlId: message?.msh.value(10) ?? "",
          digest,
          peer: peer.address,
          bytes,
          answer: error === undefined ? answer("AA") : answer("AE", error),
          refusal: error?.code,
        }),
      );
      log.info(
        { message: recorded.id, fresh: recorded.fresh, bytes: bytes.length, ...(error && { code: error.code }) },
        error === undefined ? "report accepted" : "message refused",
      );
      if (recorded.fresh && error === undefined) options.onAccepted();
      return Buffer.from(recorded.answer);
    } catch (failure) {
      const reason = asCoded(failure, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
      log.error({ error: reason }, "message not recorded");
      return answer("AR", reason);
    }
  };
}

function examine(bytes: Buffer, defaultCharset: Charset, timeZone: string): { message?: Message; error?: CodedError } {
  let message: Message | undefined;
  try {
    message = parseMessage(bytes, { defaultCharset });
    checkReport(message, timeZone);
    return { message };
  } catch (failure) {
    const error = asCoded(failure, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
    return { ...(message && { message }), error };
  }
}

/** What must be true of a message for the box to answer for it. */
function checkReport(message: Message, timeZone: string): void {
  const report = readReport(message);
  if (report.action !== "create") {
    throw sourceErrors.fault("SOURCE_ACTION_NOT_HANDLED", { where: "MSH-9", details: { action: report.action } });
  }
  const header = readReportHeader(report.document, { timeZone });
  const studies = header.serviceEvents.flatMap((event) => event.studyInstanceUID ?? []);
  if (studies.length === 0) throw sourceErrors.fault("SOURCE_NO_STUDY", { where: "OBX-5" });
  if (!studies.every(isValidUID)) throw sourceErrors.fault("SOURCE_STUDY_UID_INVALID", { where: "OBX-5" });
}

function senderOf(message: Message | undefined): string | undefined {
  return message && `${message.msh.value(3)}|${message.msh.value(4)}`;
}
