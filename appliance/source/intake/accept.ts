import { randomUUID } from "node:crypto";
import { asCoded, type CodedError, type Logger, said } from "../../base/index.ts";
import { buildAck, type Condition } from "../../hl7/index.ts";
import type { Store } from "../../store/index.ts";
import { sourceErrors } from "../errors.ts";
import { refusedTraces } from "../exam/traces.ts";
import type { MessageReader } from "./reader.ts";

export interface AcceptOptions {
  readonly store: Pick<Store, "recordMessage">;
  readonly reader: Pick<MessageReader, "examine">;
  readonly now: () => Date;
  readonly log: Logger;
  /** Called when a message has been taken: there is work in the store. */
  readonly onAccepted: () => void;
}

/** ERR-3 of the causes that are this room's own; the others are told by `hl7/`. */
const conditions: Readonly<Record<string, Condition>> = {
  SOURCE_NO_STUDY: { code: ["101", "Required field missing"] },
  SOURCE_STUDY_UID_INVALID: { code: ["102", "Data type error"] },
  SOURCE_PROCESSING_ID: { code: ["202", "Unsupported processing id"] },
};

/**
 * The first room of the source: takes a message, or says why not.
 *
 * AA promises that the box has the document for good, so it leaves only after the commit; what the answer needs to
 * know (is this a report or an order that names its study?) is looked at before, and everything else is done later
 * from the store. AE: the message is at fault. AR: the box is, and the sender may try again.
 */
export function createAcceptor(options: AcceptOptions): (bytes: Buffer, peer: { address: string }) => Promise<Buffer> {
  return async (bytes, { address }) => {
    const receivedAt = options.now();
    const answer = (code: "AA" | "AE" | "AR", error?: CodedError) => {
      const condition = conditions[error?.code ?? ""];
      return buildAck(bytes, said({ code, controlId: randomUUID(), now: receivedAt, error, condition }));
    };
    try {
      const { sender, controlId, digest, refusal } = await options.reader.examine({ bytes, peer: address });
      const recorded = await options.store.recordMessage(
        said({
          kind: "hl7" as const,
          receivedAt,
          sender: sender ?? address,
          controlId,
          digest,
          peer: address,
          bytes: new Uint8Array(bytes),
          answer: refusal === undefined ? answer("AA") : answer("AE", refusal),
          refusal: refusal?.code,
          ...(refusal && refusedTraces({ sender: sender ?? address, controlId, at: receivedAt, address }, refusal)),
        }),
      );
      const facts = said({ message: recorded.id, fresh: recorded.fresh, bytes: bytes.length, code: refusal?.code });
      options.log.info(facts, refusal === undefined ? "message accepted" : "message refused");
      if (recorded.fresh && refusal === undefined) options.onAccepted();
      return Buffer.from(recorded.answer);
    } catch (failure) {
      const error = asCoded(failure, (cause) => sourceErrors.fault("SOURCE_INTERNAL", { cause }));
      options.log.error({ error }, "message not recorded");
      return answer("AR", error);
    }
  };
}
