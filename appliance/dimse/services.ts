import type { ConnectionOptions } from "node:tls";
import type { DataSet } from "../dicom/index.ts";
import type { Priority } from "./command.ts";
import type { MessageData } from "./fragments.ts";
import type { StoreHandler, StoreRequest } from "./store-request.ts";

/** Who asks. The titles are printable. */
export interface Requestor {
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  readonly address: string;
}

export interface ReceivedStore extends StoreRequest {
  readonly requestor: Requestor;
}

/** A C-FIND, C-MOVE or C-GET that we receive. */
export interface QueryRequest {
  readonly requestor: Requestor;
  readonly sopClassUID: string;
  readonly identifier: DataSet;
  readonly priority: Priority;
  /** Aborted by C-CANCEL and by the end of the association. */
  readonly signal: AbortSignal;
}

export interface MoveRequest extends QueryRequest {
  readonly destination: string;
}

/** An instance to send. */
export interface OutgoingInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntax: string;
  /** What it can be converted to, for a peer that does not take it as it is; best first. */
  readonly alsoIn?: readonly string[];
  /** Called when its turn comes, with the transfer syntax in which the peer takes it. */
  open(transferSyntax: string): MessageData;
}

/** Who asked for a move, and the message ID of the request (PS3.7 9.1.1.1). */
export interface MoveOriginator {
  readonly aeTitle: string;
  readonly messageID: number;
}

/** Where a C-MOVE destination is. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
  readonly tls?: ConnectionOptions;
}

export interface MovePlan {
  readonly destination: Destination | undefined;
  readonly instances: readonly OutgoingInstance[];
  /** Sends one and returns the status, for a node that shares its associations; without it, each move opens its own. */
  readonly store?: (instance: OutgoingInstance, originator: MoveOriginator) => Promise<number>;
}

/**
 * What a node answers to. A service without handler is refused with 0211H. A handler throws `statusFault` to answer with that
 * status and comment; any other error answers with a processing failure and is logged by its code.
 */
export interface Handlers {
  echo?(requestor: Requestor): Promise<void>;
  readonly store?: StoreHandler<ReceivedStore>;
  /** The matches as they come; the iterable is left early when the peer cancels. */
  find?(request: QueryRequest): AsyncIterable<DataSet>;
  /** The destination, undefined when it is not known (A801H), and what to send there. */
  move?(request: MoveRequest): Promise<MovePlan>;
  get?(request: QueryRequest): Promise<readonly OutgoingInstance[]>;
}
