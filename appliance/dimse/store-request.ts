import type { Channel } from "./channel.ts";
import { type CommandSet, Commands, RESPONSE } from "./command.ts";
import type { AcceptedContext, Message } from "./message-reader.ts";
import { commentOf, Status, statusOf } from "./status.ts";

/** What modalities really use: leading zeros and a single component are met, anything but digits and dots is hostile. */
const UID = /^\d+(\.\d+)*$/;
const UID_LENGTH = 64;

/** A C-STORE-RQ that we receive (PS3.7 9.3.1.1). The UIDs are digits and dots. */
export interface StoreRequest {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** UID of the transfer syntax of the data. */
  readonly transferSyntax: string;
  /** Set for a sub-operation of a C-MOVE. */
  readonly moveOriginatorAETitle?: string;
  readonly moveOriginatorMessageID?: number;
}

/**
 * Takes one instance: `data` is the data set in its transfer syntax, without file meta information, read once; what is
 * left unread is dropped. It throws when the association ends before the last byte: the instance is then not whole.
 * @returns the status to answer with, `Status.success` once the instance is safe. A thrown `statusFault` answers with its
 * status and comment, any other error with 0110H.
 */
export type StoreHandler<Request extends StoreRequest = StoreRequest> = (
  request: Request,
  data: AsyncIterable<Uint8Array>,
) => Promise<number>;

/** Serves one C-STORE-RQ and answers it. Returns the error of the handler, if any, for the log. */
export async function serveStore(channel: Channel, message: Message, handler: StoreHandler): Promise<unknown> {
  const { command, context, payload } = message;
  let status: number = refusal(command, context) ?? Status.success;
  let failure: unknown;
  if (status === Status.success && payload === undefined) status = Status.missingAttribute;
  if (status === Status.success && payload !== undefined) {
    try {
      status = await handler(storeRequest(command, context), payload);
    } catch (error) {
      failure = error;
      status = statusOf(error) ?? Status.processingFailure;
    }
  }
  // The answer follows the request (PS3.7 9.3.1), so the rest of the data set is taken off the wire before.
  await payload?.discard();
  await channel.send(context.id, {
    commandField: Commands.cStore | RESPONSE,
    messageIDBeingRespondedTo: command.messageID ?? 0,
    affectedSOPClassUID: command.affectedSOPClassUID ?? "",
    affectedSOPInstanceUID: command.affectedSOPInstanceUID ?? "",
    status,
    ...commentOf(failure),
  });
  return failure;
}

function refusal(command: CommandSet, context: AcceptedContext): number | undefined {
  if (command.affectedSOPClassUID !== context.abstractSyntax) return Status.sopClassNotSupported;
  const uid = command.affectedSOPInstanceUID ?? "";
  return uid.length <= UID_LENGTH && UID.test(uid) ? undefined : Status.invalidInstance;
}

function storeRequest(command: CommandSet, context: AcceptedContext): StoreRequest {
  const { moveOriginatorAETitle, moveOriginatorMessageID } = command;
  return {
    sopClassUID: context.abstractSyntax,
    sopInstanceUID: command.affectedSOPInstanceUID ?? "",
    transferSyntax: context.transferSyntax,
    ...(moveOriginatorAETitle === undefined ? {} : { moveOriginatorAETitle }),
    ...(moveOriginatorMessageID === undefined ? {} : { moveOriginatorMessageID }),
  };
}
