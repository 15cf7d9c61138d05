import { type CommandSet, decodeCommand, NO_DATA_SET } from "./command.ts";
import { COMMAND_SET_LIMIT } from "./limits.ts";
import { Payload } from "./payload.ts";
import { ABORT_REASONS, type PresentationDataValue } from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";

/** A presentation context that both sides agreed on. */
export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** A DIMSE message: its command set and, while it arrives, its data set. */
export interface Message {
  readonly context: AcceptedContext;
  readonly command: CommandSet;
  readonly payload: Payload | undefined;
}

/**
 * Puts fragments together (PS3.7 6.3.1, PS3.8 annex E): a message is given out as soon as its command set is whole, its data
 * set follows through the payload.
 */
export class MessageReader {
  readonly #contexts: ReadonlyMap<number, AcceptedContext>;
  readonly #held: (bytes: number) => void;
  readonly #deliver: (message: Message) => void;
  /** The message whose data set is arriving. */
  #arriving: { readonly context: AcceptedContext; readonly payload: Payload } | undefined;
  /** The command set that is arriving. */
  #command: { readonly context: AcceptedContext; readonly parts: Uint8Array[]; length: number } | undefined;

  /** `held` counts the bytes of data that wait to be read, see `Payload`. */
  constructor(
    contexts: readonly AcceptedContext[],
    held: (bytes: number) => void,
    deliver: (message: Message) => void,
  ) {
    this.#contexts = new Map(contexts.map((context) => [context.id, context]));
    this.#held = held;
    this.#deliver = deliver;
  }

  /** True while the peer owes the rest of a message. */
  get unfinished(): boolean {
    return this.#arriving !== undefined || this.#command !== undefined;
  }

  /** @throws InvalidPdu when the fragments make no message: the association must be aborted. */
  read(values: readonly PresentationDataValue[]): void {
    for (const value of values) {
      // The last fragment may be empty; others would be work without end that never counts as a message.
      if (!value.last && value.data.length === 0) throw invalid("empty fragment");
      if (value.command) this.#readCommand(value);
      else this.#readData(value);
    }
  }

  #readCommand(value: PresentationDataValue): void {
    if (this.#arriving !== undefined) throw invalid("command inside a data set");
    const context = this.#contexts.get(value.contextId);
    if (context === undefined) throw invalid("presentation context not accepted");
    this.#command ??= { context, parts: [], length: 0 };
    if (this.#command.context !== context) throw invalid("command over two presentation contexts");
    for (const piece of value.data) {
      this.#command.parts.push(piece);
      this.#command.length += piece.length;
    }
    if (this.#command.length > COMMAND_SET_LIMIT) throw invalid("command set too long");
    if (!value.last) return;
    const command = decodeCommand(Buffer.concat(this.#command.parts, this.#command.length));
    this.#command = undefined;
    const hasData = (command.commandDataSetType ?? NO_DATA_SET) !== NO_DATA_SET;
    const payload = hasData ? new Payload(this.#held) : undefined;
    if (payload !== undefined) this.#arriving = { context, payload };
    this.#deliver({ context, command, payload });
  }

  #readData(value: PresentationDataValue): void {
    if (this.#arriving === undefined) throw invalid("data set without a command");
    const { context, payload } = this.#arriving;
    if (context.id !== value.contextId) throw invalid("data set in another presentation context");
    for (const piece of value.data) payload.push(piece);
    if (!value.last) return;
    this.#arriving = undefined;
    payload.end();
  }
}

function invalid(problem: string): InvalidPdu {
  return new InvalidPdu(ABORT_REASONS.notSpecified, problem);
}
