import type { Socket } from "node:net";
import type { CodedError } from "../base/index.ts";
import { type CommandSet, Commands, DATA_SET_FOLLOWS, encodeCommand, NO_DATA_SET } from "./command.ts";
import { Deadline } from "./deadline.ts";
import { fault } from "./errors.ts";
import { type Fragment, fragmentBytes, fragmentStream, type MessageData } from "./fragments.ts";
import { OWN_SEND_CAP, RECEIVE_BUFFER, VALUE_HEADER } from "./limits.ts";
import { type AcceptedContext, type Message, MessageReader } from "./message-reader.ts";
import type { AssociateAccept, AssociateReject, AssociateRequest, PresentationDataValue } from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";
import { type AbortOrigin, type Indication, UpperLayer } from "./upper-layer.ts";

export interface ChannelOptions {
  readonly role: "requestor" | "acceptor";
  /** Announced to the peer, in bytes. */
  readonly maximumLength: number;
  readonly artim: number;
  /** Longest time without progress inside a message, or for one PDU to leave, in milliseconds. */
  readonly network: number;
  readonly onAssociate: (pdu: AssociateRequest | AssociateAccept | AssociateReject) => void;
  /** The association is over, and why; a release by the peer or by us is no error. Called once. */
  readonly onEnd?: (error: CodedError | undefined) => void;
}

/** What a message that nobody has read yet costs besides its data, in bytes. */
const MESSAGE_COST = 1024;

/**
 * DIMSE messages over an association (PS3.7 6.3, PS3.8 annex E): fragments become messages and messages fragments, with
 * back-pressure both ways. One message at a time in each direction, as we negotiate no asynchronous operations.
 */
export class Channel {
  readonly upperLayer: UpperLayer;
  /** Called for a C-CANCEL-RQ, which overtakes the messages (PS3.7 9.3.2.3). */
  onCancel: ((messageID: number) => void) | undefined;
  readonly #options: ChannelOptions;
  #reader: MessageReader | undefined;
  /** Bytes of data in a fragment that the peer takes; even. */
  #fragment = 0;
  #ended = false;
  #error: CodedError | undefined;
  #inbox: Message[] = [];
  /** The message given to the service last: its data set must be read or dropped before the next. */
  #current: Message | undefined;
  #held = 0;
  #paused = false;
  readonly #deadline = new Deadline((phase, milliseconds) => this.#expired(phase, milliseconds));
  /** What somebody waits for, and how long. */
  #awaited: { readonly phase: string; readonly milliseconds: number } | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, options: ChannelOptions) {
    this.#options = options;
    const { role, maximumLength, artim } = options;
    this.upperLayer = new UpperLayer(socket, { role, maximumLength, artim, indicate: (one) => this.#indicated(one) });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** To be called once the association is accepted. `peerMaximum` is what the peer receives; 0 is unlimited. */
  open(contexts: readonly AcceptedContext[], peerMaximum: number): void {
    const held = (bytes: number) => this.#hold(bytes);
    this.#reader = new MessageReader(contexts, held, (message) => this.#deliver(message));
    const maximum = peerMaximum === 0 ? OWN_SEND_CAP : Math.min(peerMaximum, OWN_SEND_CAP);
    this.#fragment = (maximum - VALUE_HEADER) & ~1;
  }

  /** Refuses the association. */
  reject(reject: AssociateReject): void {
    this.upperLayer.reject(reject);
    this.#end(undefined);
  }

  /**
   * The next message. The data set of the one before is dropped if it was not read.
   * @throws the reason why the association ended, or DIMSE_TIMEOUT after `milliseconds` (the association is then aborted).
   */
  async receive(phase: string, milliseconds: number): Promise<Message> {
    await this.#current?.payload?.discard();
    this.#current = undefined;
    this.#awaited = { phase, milliseconds };
    this.#watch();
    let message = this.#inbox.shift();
    while (message === undefined) {
      this.#assertOpen();
      await this.#wait();
      message = this.#inbox.shift();
    }
    this.#awaited = undefined;
    this.#current = message;
    this.#hold(-MESSAGE_COST);
    this.#watch();
    return message;
  }

  /** What is awaited is on its way: the wait for it begins anew. */
  extend(): void {
    if (this.#awaited === undefined || this.#awaited.phase !== this.#deadline.phase) return;
    this.#deadline.arm(this.#awaited.phase, this.#awaited.milliseconds);
  }

  /**
   * Sends a message; the command says by itself whether a data set follows.
   * @throws the reason why the association ended; what `data` throws (the association is then aborted, as the peer has half
   * a message).
   */
  async send(contextId: number, command: CommandSet, data?: MessageData): Promise<void> {
    this.#assertOpen();
    const commandDataSetType = data === undefined ? NO_DATA_SET : DATA_SET_FOLLOWS;
    const bytes = encodeCommand({ ...command, commandDataSetType });
    // A small data set leaves in the same segment as its command.
    this.upperLayer.cork();
    for (const fragment of fragmentBytes(bytes, this.#fragment)) this.#write(contextId, true, fragment);
    if (!(data instanceof Uint8Array)) this.upperLayer.uncork();
    if (data === undefined) return this.#drained();
    if (data instanceof Uint8Array) return this.#sendBytes(contextId, data);
    await this.#drained();
    try {
      for await (const fragment of fragmentStream(data, this.#fragment)) {
        this.#assertOpen();
        this.#write(contextId, false, fragment);
        await this.#drained();
      }
    } catch (error) {
      this.abort(fault("DIMSE_CANCELLED", { cause: error }));
      throw error;
    }
  }

  /** Ends the association with A-ABORT; `error` is what those who wait on it are told. */
  abort(error: CodedError): void {
    if (this.#ended) return;
    this.upperLayer.abort();
    this.#end(error);
  }

  /** Asks for the end of the association and waits until it is over, for at most `milliseconds`. */
  async release(milliseconds: number): Promise<void> {
    if (this.#ended) return;
    this.#awaited = { phase: "release", milliseconds };
    this.upperLayer.release();
    this.#watch();
    while (!this.#ended) await this.#wait();
    if (this.#error !== undefined) throw this.#error;
  }

  async #sendBytes(contextId: number, data: Uint8Array): Promise<void> {
    let corked = true;
    for (const fragment of fragmentBytes(data, this.#fragment)) {
      this.#assertOpen();
      this.#write(contextId, false, fragment);
      if (corked) this.upperLayer.uncork();
      corked = false;
      await this.#drained();
    }
  }

  #write(contextId: number, command: boolean, fragment: Fragment): void {
    this.upperLayer.send([{ contextId, command, last: fragment.last, data: fragment.pieces }]);
  }

  /** Waits until the peer has taken what waits in memory. */
  async #drained(): Promise<void> {
    if (!this.upperLayer.congested || this.#ended) return;
    const { network } = this.#options;
    const timer = setTimeout(() => this.#expired("sending", network), network);
    this.upperLayer.onDrain(() => this.#signal());
    while (this.upperLayer.congested && !this.#ended) await this.#wait();
    clearTimeout(timer);
    this.#assertOpen();
  }

  #indicated(indication: Indication): void {
    switch (indication.type) {
      case "A-ASSOCIATE-RQ":
      case "A-ASSOCIATE-AC":
      case "A-ASSOCIATE-RJ":
        this.#options.onAssociate(indication);
        return;
      case "P-DATA-TF":
        this.#received(indication.values);
        return;
      case "release":
        this.upperLayer.respondRelease();
        // In a collision the acceptor answers only after the requestor (PS3.8 7.2.3): see "released".
        if (this.upperLayer.state !== 10) this.#end(undefined);
        return;
      case "released":
        this.upperLayer.respondRelease();
        this.#end(undefined);
        return;
      case "abort":
        this.#end(this.#explain(indication.origin, indication.source, indication.reason));
        return;
      case "closed":
        this.#end(this.#explain("connection lost", 2, 0));
    }
  }

  #explain(origin: AbortOrigin, source: number, reason: number): CodedError {
    const violation = this.upperLayer.violation?.message ?? (origin === "unexpected PDU" ? origin : undefined);
    return violation === undefined
      ? fault("DIMSE_ABORTED", { details: { origin, source, reason } })
      : fault("DIMSE_PROTOCOL_ERROR", { details: { problem: violation } });
  }

  #received(values: readonly PresentationDataValue[]): void {
    if (this.#ended) return;
    try {
      this.#reader?.read(values);
    } catch (error) {
      if (!(error instanceof InvalidPdu)) throw error;
      this.abort(fault("DIMSE_PROTOCOL_ERROR", { details: { problem: error.message } }));
      return;
    }
    this.#watch();
  }

  #deliver(message: Message): void {
    const { commandField, messageIDBeingRespondedTo } = message.command;
    if (commandField === Commands.cCancel) {
      if (messageIDBeingRespondedTo !== undefined) this.onCancel?.(messageIDBeingRespondedTo);
      return;
    }
    this.#inbox.push(message);
    this.#hold(MESSAGE_COST);
    this.#signal();
  }

  /** Counts what waits to be read, and pauses the peer above the bound. */
  #hold(bytes: number): void {
    this.#held += bytes;
    if (!this.#paused && this.#held > RECEIVE_BUFFER) {
      this.#paused = true;
      this.upperLayer.pause();
      this.#deadline.disarm();
    } else if (this.#paused && this.#held < RECEIVE_BUFFER / 2) {
      this.#paused = false;
      this.upperLayer.resume();
      this.#watch();
    }
  }

  /**
   * A message that has begun must go on, unless it is we who hold it back; otherwise what somebody waits for must come.
   * To be called after each progress.
   */
  #watch(): void {
    if (this.#ended) return;
    if (this.#reader?.unfinished === true && !this.#paused) this.#deadline.arm("receiving", this.#options.network);
    else if (this.#awaited === undefined) this.#deadline.disarm();
    else if (this.#awaited.phase !== this.#deadline.phase) {
      this.#deadline.arm(this.#awaited.phase, this.#awaited.milliseconds);
    }
  }

  #expired(phase: string, milliseconds: number): void {
    this.abort(fault("DIMSE_TIMEOUT", { details: { phase, milliseconds } }));
  }

  #end(error: CodedError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#deadline.disarm();
    const reason = error ?? fault("DIMSE_CLOSED");
    for (const message of this.#inbox) message.payload?.fail(reason);
    this.#current?.payload?.fail(reason);
    this.#inbox = [];
    this.#signal();
    this.#options.onEnd?.(error);
  }

  #assertOpen(): void {
    if (this.#ended) throw this.#error ?? fault("DIMSE_CLOSED");
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #signal(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
