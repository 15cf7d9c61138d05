import type { Socket } from "node:net";
import type { CodedError } from "../base/index.ts";
import { type CommandSet, Commands, DATA_SET_FOLLOWS, decodeCommand, encodeCommand, NO_DATA_SET } from "./command.ts";
import { fault } from "./errors.ts";
import { type Fragment, fragmentBytes, fragmentStream, type MessageData } from "./fragments.ts";
import { COMMAND_SET_LIMIT, OWN_SEND_CAP, RECEIVE_BUFFER } from "./limits.ts";
import { Payload } from "./payload.ts";
import type { AssociateAccept, AssociateReject, AssociateRequest, PresentationDataValue } from "./pdu.ts";
import { InvalidPdu } from "./pdu-violation.ts";
import { type AbortOrigin, type Indication, UpperLayer } from "./upper-layer.ts";

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
  /** The socket is closed. */
  readonly onClose?: () => void;
}

const COMMAND_COST = 1024;

/**
 * DIMSE messages over an association (PS3.7 6.3, PS3.8 annex E): fragments become messages and messages fragments, with
 * back-pressure both ways. One message at a time in each direction, as we negotiate no asynchronous operations.
 */
export class Channel {
  readonly upperLayer: UpperLayer;
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  #contexts = new Map<number, AcceptedContext>();
  #fragment = OWN_SEND_CAP - 6;
  /** Called for a C-CANCEL-RQ, which overtakes the messages (PS3.7 9.3.2.3). */
  onCancel: ((messageID: number) => void) | undefined;

  #ended = false;
  #error: CodedError | undefined;
  #inbox: Message[] = [];
  /** The message whose data set is arriving. */
  #arriving: Message | undefined;
  /** The message given to the service last: its data set must be read or dropped before the next. */
  #current: Message | undefined;
  #commandParts: Uint8Array[] = [];
  #commandLength = 0;
  #commandContext: AcceptedContext | undefined;
  #held = 0;
  #paused = false;
  #timer: NodeJS.Timeout | undefined;
  #timerPhase = "";
  /** What somebody waits for, and how long. */
  #awaited: { readonly phase: string; readonly milliseconds: number } | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    const { role, maximumLength, artim } = options;
    this.upperLayer = new UpperLayer(socket, { role, maximumLength, artim, indicate: (one) => this.#indicated(one) });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? "";
  }

  /** To be called once the association is accepted. `peerMaximum` is what the peer receives; 0 is unlimited. */
  open(contexts: readonly AcceptedContext[], peerMaximum: number): void {
    this.#contexts = new Map(contexts.map((context) => [context.id, context]));
    const maximum = peerMaximum === 0 ? OWN_SEND_CAP : Math.min(peerMaximum, OWN_SEND_CAP);
    this.#fragment = (maximum - 6) & ~1;
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
    this.#hold(-COMMAND_COST);
    this.#watch();
    return message;
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
    const timer = setTimeout(() => this.abort(this.#timeout("sending", this.#options.network)), this.#options.network);
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
        this.#options.onClose?.();
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
      for (const value of values) {
        if (value.command) this.#receivedCommand(value);
        else this.#receivedData(value);
      }
    } catch (error) {
      if (!(error instanceof InvalidPdu)) throw error;
      this.abort(fault("DIMSE_PROTOCOL_ERROR", { details: { problem: error.message } }));
      return;
    }
    this.#watch();
  }

  #receivedCommand(value: PresentationDataValue): void {
    if (this.#arriving !== undefined) throw new InvalidPdu(0, "command inside a data set");
    const context = this.#contexts.get(value.contextId);
    if (context === undefined) throw new InvalidPdu(0, "presentation context not accepted");
    if (this.#commandContext !== undefined && this.#commandContext !== context) {
      throw new InvalidPdu(0, "command over two presentation contexts");
    }
    this.#commandContext = context;
    for (const piece of value.data) {
      this.#commandParts.push(piece);
      this.#commandLength += piece.length;
    }
    if (this.#commandLength > COMMAND_SET_LIMIT) throw new InvalidPdu(0, "command set too long");
    if (!value.last) return;
    const command = decodeCommand(Buffer.concat(this.#commandParts, this.#commandLength));
    this.#commandParts = [];
    this.#commandLength = 0;
    this.#commandContext = undefined;
    this.#receivedMessage(context, command);
  }

  #receivedMessage(context: AcceptedContext, command: CommandSet): void {
    if (command.commandField === Commands.cCancel) {
      if (command.messageIDBeingRespondedTo !== undefined) this.onCancel?.(command.messageIDBeingRespondedTo);
      return;
    }
    const hasData = (command.commandDataSetType ?? NO_DATA_SET) !== NO_DATA_SET;
    const payload = hasData ? new Payload((bytes) => this.#hold(bytes)) : undefined;
    const message: Message = { context, command, payload };
    if (hasData) this.#arriving = message;
    this.#inbox.push(message);
    this.#hold(COMMAND_COST);
    this.#signal();
  }

  #receivedData(value: PresentationDataValue): void {
    const message = this.#arriving;
    if (message?.payload === undefined) throw new InvalidPdu(0, "data set without a command");
    if (message.context.id !== value.contextId) throw new InvalidPdu(0, "data set in another presentation context");
    for (const piece of value.data) message.payload.push(piece);
    if (!value.last) return;
    this.#arriving = undefined;
    message.payload.end();
  }

  /** Counts what waits to be read, and pauses the peer above the bound. */
  #hold(bytes: number): void {
    this.#held += bytes;
    if (!this.#paused && this.#held > RECEIVE_BUFFER) {
      this.#paused = true;
      this.upperLayer.pause();
      this.#disarm();
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
    const unfinished = this.#arriving !== undefined || this.#commandLength > 0;
    if (unfinished && !this.#paused) this.#arm("receiving", this.#options.network);
    else if (this.#awaited === undefined) this.#disarm();
    else if (this.#awaited.phase !== this.#timerPhase) this.#arm(this.#awaited.phase, this.#awaited.milliseconds);
  }

  #arm(phase: string, milliseconds: number): void {
    if (this.#timer !== undefined && this.#timerPhase === phase) {
      this.#timer.refresh();
      return;
    }
    this.#disarm();
    this.#timerPhase = phase;
    this.#timer = setTimeout(() => this.abort(this.#timeout(phase, milliseconds)), milliseconds);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerPhase = "";
  }

  #timeout(phase: string, milliseconds: number): CodedError {
    return fault("DIMSE_TIMEOUT", { details: { phase, milliseconds } });
  }

  #end(error: CodedError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#disarm();
    const reason = error ?? fault("DIMSE_CLOSED");
    for (const message of this.#inbox) message.payload?.fail(reason);
    this.#current?.payload?.fail(reason);
    this.#inbox = [];
    this.#arriving = undefined;
    this.#commandParts = [];
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
