import { type DataSet, encodeDataSet } from "../dicom/index.ts";
import { checkAETitle } from "./ae-title.ts";
import type { Channel } from "./channel.ts";
import { Commands, Priorities, type Priority } from "./command.ts";
import { fault } from "./errors.ts";
import type { MessageData } from "./fragments.ts";
import type { AcceptedContext } from "./message-reader.ts";
import { Operation, readIdentifier } from "./operation.ts";
import type { Timeouts } from "./request-association.ts";
import { type RetrieveOutcome, retrieve, type SubOperations } from "./retrieve.ts";
import { type StatusCategory, statusFault } from "./status.ts";
import type { StoreHandler } from "./store-request.ts";
import { Verification } from "./uids.ts";

export interface StoreOutcome {
  readonly status: number;
  readonly category: StatusCategory;
  /** The peer's words; they may quote a patient. */
  readonly comment: string | undefined;
}

interface RequestOptions {
  /** Find, move and get are cancelled at the peer; the other services end the association. */
  readonly signal?: AbortSignal;
}

interface QueryOptions extends RequestOptions {
  readonly sopClassUID: string;
  readonly identifier: DataSet;
  readonly priority?: Priority;
}

export interface RetrieveOptions extends QueryOptions {
  /** Told at each pending response. */
  readonly onProgress?: (counts: SubOperations) => void;
}

export interface StoreOptions extends RequestOptions {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** The UID of the transfer syntax that `data` is in; the peer must have accepted it for the SOP class. */
  readonly transferSyntax: string;
  /** The data set, without file meta information: never held whole when it comes as a stream. */
  readonly data: MessageData;
  readonly priority?: Priority;
  /** For the sub-operation of a C-MOVE: who asked, and the message ID of its request. */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageID: number };
}

/**
 * An association that we requested: one service at a time, DIMSE_BUSY otherwise. Every method throws DIMSE_ABORTED,
 * DIMSE_TIMEOUT, DIMSE_PROTOCOL_ERROR or DIMSE_CLOSED when the association ends before its answer, and then no other
 * method works any more: open a new one.
 */
export class Association {
  /** What the peer accepted. */
  readonly contexts: readonly AcceptedContext[];
  readonly #channel: Channel;
  readonly #timeouts: Timeouts;
  #busy = false;
  #lastMessageID = 0;

  /** Made by `requestAssociation`. */
  constructor(channel: Channel, contexts: readonly AcceptedContext[], timeouts: Timeouts) {
    this.#channel = channel;
    this.contexts = contexts;
    this.#timeouts = timeouts;
  }

  /** True once it was released, aborted or lost. */
  get ended(): boolean {
    return this.#channel.ended;
  }

  /** Whether the peer accepted the SOP class, in that transfer syntax if one is given. */
  accepts(abstractSyntax: string, transferSyntax?: string): boolean {
    return this.#find(abstractSyntax, transferSyntax) !== undefined;
  }

  /** C-ECHO (PS3.7 9.1.5). */
  async echo(options: RequestOptions = {}): Promise<void> {
    const operation = this.#begin(Verification, options, { cancellable: false });
    try {
      await operation.send({ commandField: Commands.cEcho, affectedSOPClassUID: Verification });
      const { category, status, command } = await operation.response();
      if (category === "failure") throw statusFault("C-ECHO", status, { comment: command.errorComment });
    } finally {
      operation.end();
    }
  }

  /**
   * C-FIND (PS3.7 9.1.2): the matches as they come. It ends normally only after a final success; leaving the loop early
   * cancels at the peer.
   * @throws DIMSE_STATUS_FAILURE, DIMSE_OUT_OF_RESOURCES, DIMSE_CANCELLED, DIMSE_NO_ACCEPTED_CONTEXT.
   */
  async *find(options: QueryOptions): AsyncGenerator<DataSet, void, void> {
    const operation = this.#begin(options.sopClassUID, options, { cancellable: true });
    let finished = false;
    try {
      await operation.send(
        {
          commandField: Commands.cFind,
          affectedSOPClassUID: options.sopClassUID,
          priority: Priorities[options.priority ?? "medium"],
        },
        encodeDataSet(options.identifier, operation.context.transferSyntax),
      );
      for (;;) {
        const { category, status, command, message } = await operation.response();
        finished = category !== "pending";
        if (finished && operation.cancelled) throw fault("DIMSE_CANCELLED");
        if (category === "success") return;
        if (finished) throw statusFault("C-FIND", status, { comment: command.errorComment });
        if (message.payload === undefined) operation.violation("a match without identifier");
        const match = await readIdentifier(message);
        if (!operation.cancelled) yield match;
      }
    } finally {
      if (!finished) await operation.abandon();
      operation.end();
    }
  }

  /**
   * C-MOVE (PS3.7 9.1.4): the peer sends the matches to `destination`, an AE title that it knows. It tells the destination
   * the `messageID` of the request, if one is chosen here.
   * @returns the counts of the final response. A peer may hide failures: compare with what arrived.
   * @throws DIMSE_DESTINATION_UNKNOWN, DIMSE_OUT_OF_RESOURCES, DIMSE_STATUS_FAILURE, DIMSE_CANCELLED.
   */
  async move(
    options: RetrieveOptions & { readonly destination: string; readonly messageID?: number },
  ): Promise<RetrieveOutcome> {
    const destination = checkAETitle(options.destination, "destination");
    const operation = this.#begin(options.sopClassUID, options, { cancellable: true });
    const command = { commandField: Commands.cMove, moveDestination: destination };
    return retrieve(operation, this.#channel, command, options);
  }

  /**
   * C-GET (PS3.7 9.1.3): the matches come over this association; `store` is called for each, one after the other, and
   * answers with its status. Their SOP classes must have been proposed with `scp`.
   */
  async get(options: RetrieveOptions & { readonly store: StoreHandler }): Promise<RetrieveOutcome> {
    const operation = this.#begin(options.sopClassUID, options, { cancellable: true });
    return retrieve(operation, this.#channel, { commandField: Commands.cGet }, options);
  }

  /**
   * C-STORE (PS3.7 9.1.1) of one instance.
   * @returns the peer's status, whatever it is: a failure concerns this instance, not the association.
   */
  async store(options: StoreOptions): Promise<StoreOutcome> {
    const { sopClassUID, sopInstanceUID, transferSyntax, moveOriginator } = options;
    const operation = this.#begin(sopClassUID, options, { cancellable: false, transferSyntax });
    try {
      await operation.send(
        {
          commandField: Commands.cStore,
          affectedSOPClassUID: sopClassUID,
          affectedSOPInstanceUID: sopInstanceUID,
          priority: Priorities[options.priority ?? "medium"],
          ...(moveOriginator === undefined
            ? {}
            : {
                moveOriginatorAETitle: moveOriginator.aeTitle,
                moveOriginatorMessageID: moveOriginator.messageID,
              }),
        },
        options.data,
      );
      const { status, category, command } = await operation.response();
      return { status, category, comment: command.errorComment };
    } finally {
      operation.end();
    }
  }

  /**
   * Something that the peer does for the request under way was seen elsewhere, such as an instance of a C-MOVE: the wait for
   * its next response begins anew.
   */
  progress(): void {
    this.#channel.extend();
  }

  /** Ends in order. Never throws: everything was answered before, and a peer that just hangs up harms nobody. */
  async release(): Promise<void> {
    try {
      await this.#channel.release(this.#timeouts.release);
    } catch {
      // Aborted instead.
    }
  }

  /** Ends at once; what is under way fails with DIMSE_CANCELLED. */
  abort(): void {
    this.#channel.abort(fault("DIMSE_CANCELLED"));
  }

  /** For `await using`: releases, or aborts when a service is still under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#busy) this.abort();
    else await this.release();
  }

  #find(abstractSyntax: string, transferSyntax?: string): AcceptedContext | undefined {
    return this.contexts.find(
      (one) =>
        one.abstractSyntax === abstractSyntax &&
        (transferSyntax === undefined || one.transferSyntax === transferSyntax),
    );
  }

  #begin(
    abstractSyntax: string,
    { signal, messageID }: RequestOptions & { readonly messageID?: number },
    { cancellable, transferSyntax }: { readonly cancellable: boolean; readonly transferSyntax?: string },
  ): Operation {
    if (this.#busy) throw fault("DIMSE_BUSY");
    if (this.ended) throw fault("DIMSE_CLOSED");
    if (signal?.aborted === true) throw fault("DIMSE_CANCELLED");
    const context = this.#find(abstractSyntax, transferSyntax);
    if (context === undefined) {
      const details = { abstractSyntax, transferSyntax: transferSyntax ?? "any" };
      throw fault("DIMSE_NO_ACCEPTED_CONTEXT", { details });
    }
    this.#busy = true;
    // Message IDs are 16 bits wide; 0 is legal, yet some peers read it as absent.
    this.#lastMessageID = messageID ?? (this.#lastMessageID % 0xffff) + 1;
    return new Operation(this.#channel, context, {
      messageID: this.#lastMessageID,
      timeout: this.#timeouts.response,
      signal,
      cancellable,
      done: () => {
        this.#busy = false;
      },
    });
  }
}
