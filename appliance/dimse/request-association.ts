import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { CodedError } from "../base/index.ts";
import { Association } from "./association.ts";
import { Channel } from "./channel.ts";
import { fault } from "./errors.ts";
import * as limits from "./limits.ts";
import type { AcceptedContext } from "./message-reader.ts";
import { acceptedContexts, associateRequest, type ContextProposal, rejection } from "./negotiation.ts";
import type { AssociateAccept, AssociateReject, AssociateRequest } from "./pdu.ts";

/** In milliseconds; each has a default in `limits.ts`. */
export interface Timeouts {
  /** TCP and TLS. */
  readonly connect: number;
  /** From A-ASSOCIATE-RQ to its answer. */
  readonly association: number;
  /** Without progress inside a message, in either direction. */
  readonly network: number;
  /** From a request, or a pending response, to the next response. */
  readonly response: number;
  readonly release: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: limits.CONNECT_TIMEOUT,
  association: limits.ASSOCIATION_TIMEOUT,
  network: limits.NETWORK_TIMEOUT,
  response: limits.RESPONSE_TIMEOUT,
  release: limits.RELEASE_TIMEOUT,
};

export interface AssociationOptions {
  readonly host: string;
  readonly port: number;
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  /** At most 128. */
  readonly presentationContexts: readonly ContextProposal[];
  /** Secure transport (PS3.15 B): authority, own certificate and key, server name. */
  readonly tls?: ConnectionOptions;
  /** Largest P-DATA-TF that we receive, in bytes. */
  readonly maximumLength?: number;
  readonly timeouts?: Partial<Timeouts>;
  /** Gives up while the association is being made. */
  readonly signal?: AbortSignal;
}

/**
 * Opens an association (PS3.8 7.1).
 * @throws DIMSE_INVALID_REQUEST, DIMSE_UNREACHABLE, DIMSE_TLS_FAILED, DIMSE_TIMEOUT, DIMSE_REJECTED,
 * DIMSE_REJECTED_TRANSIENT, DIMSE_ABORTED, DIMSE_NO_ACCEPTED_CONTEXT, DIMSE_PROTOCOL_ERROR, DIMSE_CANCELLED.
 */
export async function requestAssociation(options: AssociationOptions): Promise<Association> {
  const { maximumLength = limits.DEFAULT_MAXIMUM_LENGTH, signal } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const request = associateRequest(
    options.callingAETitle,
    options.calledAETitle,
    options.presentationContexts,
    maximumLength,
  );
  if (signal?.aborted === true) throw fault("DIMSE_CANCELLED");

  const { promise, resolve, reject } = Promise.withResolvers<AcceptedContext[]>();
  const transport = new Transport(options);
  const channel = new Channel(transport.socket, {
    role: "requestor",
    maximumLength,
    artim: timeouts.association,
    network: timeouts.network,
    onAssociate: answered,
    onEnd: (error) => reject(error === undefined ? fault("DIMSE_CLOSED") : transport.explain(error)),
  });

  function answered(pdu: AssociateRequest | AssociateAccept | AssociateReject): void {
    if (pdu.type === "A-ASSOCIATE-RJ") reject(rejection(pdu));
    if (pdu.type !== "A-ASSOCIATE-AC") return;
    try {
      const contexts = acceptedContexts(request, pdu);
      channel.open(contexts, pdu.user.maximumLength);
      resolve(contexts);
    } catch (error) {
      channel.abort(error as CodedError);
    }
  }

  const late = (phase: string, milliseconds: number) =>
    setTimeout(() => channel.abort(fault("DIMSE_TIMEOUT", { details: { phase, milliseconds } })), milliseconds);
  const cancel = () => channel.abort(fault("DIMSE_CANCELLED"));
  signal?.addEventListener("abort", cancel);
  let timer = late("connecting", timeouts.connect);
  transport.onReady(() => {
    clearTimeout(timer);
    timer = late("association", timeouts.association);
    channel.upperLayer.connected(request);
  });
  channel.upperLayer.connect();
  try {
    return new Association(channel, await promise, timeouts);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

/** The connecting socket, and why it failed. */
class Transport {
  readonly socket: Socket;
  readonly #options: AssociationOptions;
  #connected = false;
  #ready = false;
  #error: NodeJS.ErrnoException | undefined;

  constructor(options: AssociationOptions) {
    const { host, port, tls } = options;
    this.#options = options;
    this.socket = tls === undefined ? connectTcp({ host, port }) : connectTls({ ...tls, host, port });
    this.socket.once("connect", () => {
      this.#connected = true;
    });
    this.socket.on("error", (error) => {
      this.#error = error;
    });
  }

  onReady(listener: () => void): void {
    this.socket.once(this.#options.tls === undefined ? "connect" : "secureConnect", () => {
      this.#ready = true;
      listener();
    });
  }

  /** A lost connection said better: nobody there, or a handshake that failed. TLS 1.3 may refuse us after the handshake. */
  explain(error: CodedError): CodedError {
    if (error.code !== "DIMSE_ABORTED" || error.details.origin !== "connection lost") return error;
    const { host, port, tls } = this.#options;
    const details = { host, port, reason: this.#error?.code ?? "closed" };
    const refused = tls !== undefined && this.#connected && (!this.#ready || details.reason.startsWith("ERR_SSL"));
    if (refused) return fault("DIMSE_TLS_FAILED", { details, cause: this.#error });
    return this.#ready ? error : fault("DIMSE_UNREACHABLE", { details, cause: this.#error });
  }
}
