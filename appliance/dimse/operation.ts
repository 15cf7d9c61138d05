import { type DataSet, readDataSet } from "../dicom/index.ts";
import type { Channel } from "./channel.ts";
import { type CommandSet, Commands, RESPONSE } from "./command.ts";
import { fault } from "./errors.ts";
import type { MessageData } from "./fragments.ts";
import { CANCEL_TIMEOUT, IDENTIFIER_LIMIT } from "./limits.ts";
import type { AcceptedContext, Message } from "./message-reader.ts";
import { categoryOf, type StatusCategory } from "./status.ts";

export interface Response {
  readonly command: CommandSet;
  readonly status: number;
  readonly category: StatusCategory;
  readonly message: Message;
}

/** One request of ours and its responses, on an association where nothing else is under way. */
export class Operation {
  readonly context: AcceptedContext;
  readonly messageID: number;
  readonly #channel: Channel;
  readonly #timeout: number;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #done: () => void;
  #commandField = 0;
  #cancelTimer: NodeJS.Timeout | undefined;

  /**
   * `onAbort` is what the caller's signal does: `cancel` for the services that know C-CANCEL. `done` is called at the end.
   */
  constructor(
    channel: Channel,
    context: AcceptedContext,
    options: {
      readonly messageID: number;
      readonly timeout: number;
      readonly signal: AbortSignal | undefined;
      readonly cancellable: boolean;
      readonly done: () => void;
    },
  ) {
    this.#channel = channel;
    this.context = context;
    this.messageID = options.messageID;
    this.#timeout = options.timeout;
    this.#signal = options.signal;
    this.#done = options.done;
    this.#onAbort = () => (options.cancellable ? this.cancel() : channel.abort(fault("DIMSE_CANCELLED")));
    this.#signal?.addEventListener("abort", this.#onAbort);
  }

  get cancelled(): boolean {
    return this.#signal?.aborted === true;
  }

  async send(command: CommandSet, data?: MessageData): Promise<void> {
    if (this.cancelled) throw fault("DIMSE_CANCELLED");
    this.#commandField = command.commandField;
    await this.#channel.send(this.context.id, { ...command, messageID: this.messageID }, data);
  }

  /** The next message that the peer sends: a response, or a request of it during a C-GET. */
  receive(): Promise<Message> {
    return this.#channel.receive("response", this.#timeout);
  }

  async response(): Promise<Response> {
    return this.asResponse(await this.receive());
  }

  /** @throws DIMSE_PROTOCOL_ERROR, the association aborted, when the message does not answer this operation. */
  asResponse(message: Message): Response {
    const { command } = message;
    const { commandField, messageIDBeingRespondedTo, status } = command;
    const mine = commandField === (this.#commandField | RESPONSE) && messageIDBeingRespondedTo === this.messageID;
    if (!mine || status === undefined) this.violation("a message that answers nothing");
    return { command, status, category: categoryOf(status), message };
  }

  /** Aborts the association of a peer that does not keep to the service, and throws. */
  violation(problem: string): never {
    const error = fault("DIMSE_PROTOCOL_ERROR", { details: { problem } });
    this.#channel.abort(error);
    throw error;
  }

  /** Asks the peer to stop; it has `CANCEL_TIMEOUT` to send its final response. */
  cancel(): void {
    if (this.#channel.ended || this.#cancelTimer !== undefined) return;
    this.#cancelTimer = setTimeout(() => this.#channel.abort(fault("DIMSE_CANCELLED")), CANCEL_TIMEOUT);
    const request = { commandField: Commands.cCancel, messageIDBeingRespondedTo: this.messageID };
    // Its failure is the end of the association, which the receiver is told.
    this.#channel.send(this.context.id, request).catch(() => {});
  }

  /** Cancels and reads on to the final response, so that the association can be used again. Never throws. */
  async abandon(): Promise<void> {
    // Nothing was asked: the request could not be encoded, or its caller had changed his mind.
    if (this.#commandField === 0) return;
    this.cancel();
    try {
      while (!this.#channel.ended && (await this.response()).category === "pending");
    } catch {
      // The association is over: there is nothing to abandon any more.
    }
  }

  end(): void {
    clearTimeout(this.#cancelTimer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#done();
  }
}

/**
 * The data set of a small message: a query, a match, a list of failed instances.
 * @throws DIMSE_LIMIT_EXCEEDED; what `readDataSet` throws; the reason why the association ended.
 */
export async function readIdentifier(message: Message): Promise<DataSet> {
  const pieces: Uint8Array[] = [];
  let value = 0;
  for await (const piece of message.payload ?? []) {
    value += piece.length;
    if (value > IDENTIFIER_LIMIT) {
      throw fault("DIMSE_LIMIT_EXCEEDED", { details: { limit: "identifier", value, maximum: IDENTIFIER_LIMIT } });
    }
    pieces.push(piece);
  }
  return readDataSet(Buffer.concat(pieces, value), { transferSyntax: message.context.transferSyntax });
}
