import type { Socket } from "node:net";
import {
  ABORT_REASONS,
  type Abort,
  type AssociateAccept,
  type AssociateReject,
  type AssociateRequest,
  type DataTransfer,
  type Pdu,
  type PresentationDataValue,
} from "./pdu.ts";
import { PduReader } from "./pdu-reader.ts";
import { InvalidPdu } from "./pdu-violation.ts";
import { dataTransferParts, encodePdu } from "./pdu-writer.ts";
import { type Action, type Event, type State, type Transition, transition } from "./state-table.ts";

/** What the upper layer tells its user (the indications and confirmations of PS3.8 7). */
export type Indication =
  | AssociateRequest
  | AssociateAccept
  | AssociateReject
  | DataTransfer
  | { readonly type: "release" }
  | { readonly type: "released" }
  /** A-ABORT or A-P-ABORT; `origin` says who ended it. */
  | { readonly type: "abort"; readonly origin: AbortOrigin; readonly source: number; readonly reason: number }
  /** The transport connection is gone: the last indication, always sent. */
  | { readonly type: "closed" };

export type AbortOrigin = "peer" | "connection lost" | "invalid PDU" | "unexpected PDU";

export interface UpperLayerOptions {
  readonly role: "requestor" | "acceptor";
  /** The largest P-DATA-TF variable field that we announce and so receive, in bytes. */
  readonly maximumLength: number;
  /** ARTIM, in milliseconds (PS3.8 9.1.5). */
  readonly artim: number;
  readonly indicate: (indication: Indication) => void;
}

/** What an event brings with it. */
interface Input {
  readonly pdu?: Pdu;
  readonly values?: readonly PresentationDataValue[];
  readonly violation?: InvalidPdu;
}

/**
 * One association of the DICOM upper layer over one socket: it feeds the state table with events and performs the
 * actions. It holds no promise and no service: its user is told everything by `indicate`.
 */
export class UpperLayer {
  readonly #options: UpperLayerOptions;
  readonly #socket: Socket;
  readonly #reader: PduReader;
  #state: State = 1;
  #artim: NodeJS.Timeout | undefined;
  #violation: InvalidPdu | undefined;

  /** Takes the socket over: connected or connecting for a requestor, connected for an acceptor. */
  constructor(socket: Socket, options: UpperLayerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#reader = new PduReader(options.maximumLength);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    // The "close" that follows every error is the event; who connected has read the error itself.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#on("transport closed");
      this.#stopArtim();
      options.indicate({ type: "closed" });
    });
    if (options.role === "acceptor") this.#on("transport indication");
  }

  get state(): State {
    return this.#state;
  }

  /** True while P-DATA may be sent. */
  get established(): boolean {
    return this.#state === 6;
  }

  /** The bytes of the peer that were no PDU, if that happened: nothing is read after them. */
  get violation(): InvalidPdu | undefined {
    return this.#violation;
  }

  /** True when what was written waits in memory for the peer: wait for the socket's "drain" before more. */
  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Calls back once, when the peer has taken what waited. */
  onDrain(listener: () => void): void {
    this.#socket.once("drain", listener);
  }

  /** Back-pressure on the peer. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Waits for the transport: `connected` must be called next. */
  connect(): void {
    this.#on("A-ASSOCIATE request");
  }

  /** The transport is connected (TLS included): the request leaves. */
  connected(request: AssociateRequest): void {
    this.#on("transport connected", { pdu: request });
  }

  accept(accept: AssociateAccept): void {
    this.#on("A-ASSOCIATE accept", { pdu: accept });
  }

  reject(reject: AssociateReject): void {
    this.#on("A-ASSOCIATE reject", { pdu: reject });
  }

  /** One P-DATA-TF, in one write. The bytes belong to the socket from then on. Ignored when no longer established. */
  send(values: readonly PresentationDataValue[]): void {
    this.#on("P-DATA request", { values });
  }

  /** What is sent until `uncork` leaves together. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  release(): void {
    this.#on("A-RELEASE request");
  }

  respondRelease(): void {
    this.#on("A-RELEASE response");
  }

  /** A-ABORT by the service user. Nothing is indicated but "closed". */
  abort(): void {
    this.#on("A-ABORT request");
  }

  /** Ends the connection at once: for a peer that does not even take an A-ABORT. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#violation !== undefined) return;
    this.#reader.push(chunk);
    try {
      for (let pdu = this.#reader.next(); pdu !== undefined; pdu = this.#reader.next()) this.#on(pdu.type, { pdu });
    } catch (error) {
      if (!(error instanceof InvalidPdu)) {
        // A defect of ours met by what this peer sent: it costs this association, not the process.
        this.#socket.destroy(error as Error);
        return;
      }
      this.#violation = error;
      this.#reader.clear();
      this.#on("invalid PDU", { violation: error });
    }
  }

  #on(event: Event, input: Input = {}): void {
    const cell = transition(event, this.#state);
    // Empty cells are calls of the user that come too late, such as data after an abort: they have no effect.
    if (cell === undefined) return;
    // Before the action: the user may answer an indication at once.
    this.#state = this.#next(cell, input);
    this.#actions[cell.action](input);
  }

  /** The two cells with a choice: AE-6, is the request acceptable to the provider; AR-8, who requested. */
  #next(cell: Transition, input: Input): State {
    if (cell.otherwise === undefined) return cell.next;
    const first = cell.action === "AE-6" ? isVersion1(input.pdu) : this.#options.role === "requestor";
    return first ? cell.next : cell.otherwise;
  }

  /** The actions of PS3.8 Tables 9-6 to 9-9. */
  readonly #actions: Readonly<Record<Action, (input: Input) => void>> = {
    "AE-1": () => {},
    "AE-2": (input) => this.#write(input.pdu),
    "AE-3": (input) => this.#forward(input.pdu),
    "AE-4": (input) => {
      this.#forward(input.pdu);
      this.#close();
    },
    "AE-5": () => this.#startArtim(),
    "AE-6": (input) => {
      this.#stopArtim();
      if (this.#state === 3) return this.#forward(input.pdu);
      this.#write({ type: "A-ASSOCIATE-RJ", result: 1, source: 2, reason: 2 });
      this.#startArtim();
    },
    "AE-7": (input) => this.#write(input.pdu),
    "AE-8": (input) => {
      this.#write(input.pdu);
      this.#startArtim();
    },
    "DT-1": (input) => this.#writeData(input.values),
    "DT-2": (input) => this.#forward(input.pdu),
    "AR-1": () => this.#write({ type: "A-RELEASE-RQ" }),
    "AR-2": () => this.#options.indicate({ type: "release" }),
    "AR-3": () => {
      this.#options.indicate({ type: "released" });
      this.#close();
    },
    "AR-4": () => {
      this.#write({ type: "A-RELEASE-RP" });
      this.#startArtim();
    },
    "AR-5": () => this.#stopArtim(),
    "AR-6": (input) => this.#forward(input.pdu),
    "AR-7": (input) => this.#writeData(input.values),
    "AR-8": () => this.#options.indicate({ type: "release" }),
    "AR-9": () => this.#write({ type: "A-RELEASE-RP" }),
    "AR-10": () => this.#options.indicate({ type: "released" }),
    "AA-1": () => {
      this.#writeAbort(0, ABORT_REASONS.notSpecified);
      this.#startArtim();
    },
    "AA-2": () => {
      this.#stopArtim();
      this.#close();
    },
    "AA-3": (input) => {
      if (input.pdu?.type === "A-ABORT") this.#indicateAbort("peer", input.pdu.source, input.pdu.reason);
      this.#close();
    },
    "AA-4": () => this.#indicateAbort("connection lost", 2, ABORT_REASONS.notSpecified),
    "AA-5": () => this.#stopArtim(),
    "AA-6": () => {},
    "AA-7": (input) => this.#writeAbort(2, reasonOf(input)),
    "AA-8": (input) => {
      this.#writeAbort(2, reasonOf(input));
      this.#indicateAbort(input.violation === undefined ? "unexpected PDU" : "invalid PDU", 2, reasonOf(input));
      this.#startArtim();
    },
  };

  #forward(pdu: Pdu | undefined): void {
    if (pdu === undefined || pdu.type === "A-ABORT" || pdu.type === "A-RELEASE-RQ" || pdu.type === "A-RELEASE-RP")
      return;
    this.#options.indicate(pdu);
  }

  #indicateAbort(origin: AbortOrigin, source: number, reason: number): void {
    this.#options.indicate({ type: "abort", origin, source, reason });
  }

  #write(pdu: Pdu | undefined): void {
    if (pdu !== undefined && pdu.type !== "P-DATA-TF") this.#socket.write(encodePdu(pdu));
  }

  /** Corked: the headers and the fragments leave as one vector, without being joined. */
  #writeData(values: readonly PresentationDataValue[] = []): void {
    this.#socket.cork();
    for (const part of dataTransferParts(values)) this.#socket.write(part);
    this.#socket.uncork();
  }

  /**
   * The connection is half closed behind an A-ABORT: nothing more will be said, and a peer that speaks another
   * protocol sees an end instead of waiting for the ARTIM timer.
   */
  #writeAbort(source: Abort["source"], reason: Abort["reason"]): void {
    this.#resumeForGood();
    this.#socket.end(encodePdu({ type: "A-ABORT", source, reason }));
  }

  /** Closes after what was written has left. */
  #close(): void {
    this.#resumeForGood();
    this.#socket.destroySoon();
  }

  /** A paused socket never sees its end: nobody reads the data any more, so there is nothing to hold back. */
  #resumeForGood(): void {
    this.#socket.resume();
  }

  #startArtim(): void {
    this.#stopArtim();
    this.#artim = setTimeout(() => this.#on("ARTIM expired"), this.#options.artim);
    this.#artim.unref();
  }

  #stopArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = undefined;
  }
}

function isVersion1(pdu: Pdu | undefined): boolean {
  return pdu?.type === "A-ASSOCIATE-RQ" && (pdu.protocolVersion & 1) === 1;
}

function reasonOf(input: Input): number {
  return input.violation?.reason ?? ABORT_REASONS.unexpectedPdu;
}
