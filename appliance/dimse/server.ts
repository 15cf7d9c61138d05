import { once } from "node:events";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { type CodedError, type Logger, silent } from "../base/index.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from "../dicom/index.ts";
import { type AcceptContext, answerContexts, answerRoles } from "./accept-contexts.ts";
import { Admission, type AllowList } from "./admission.ts";
import { printableAETitle } from "./ae-title.ts";
import { Channel } from "./channel.ts";
import { fault } from "./errors.ts";
import * as limits from "./limits.ts";
import type { AssociateRequest } from "./pdu.ts";
import { ServedAssociation } from "./served-association.ts";
import type { Handlers } from "./services.ts";

/** Each has a default in `limits.ts`. */
export interface ServerLimits {
  /** Associations at once, in all and for one address. Beyond: a transient rejection. */
  readonly associations: number;
  readonly associationsPerAddress: number;
  /** Largest P-DATA-TF that we receive, in bytes. */
  readonly maximumLength: number;
  /** In milliseconds: from the connection to A-ASSOCIATE-RQ, and for the end of a connection. */
  readonly artim: number;
  /** In milliseconds, without progress inside a message. */
  readonly network: number;
  /** In milliseconds, without a request. */
  readonly idle: number;
  /** In milliseconds, what `close` leaves to the associations. */
  readonly drain: number;
}

export interface ServerOptions {
  /** The titles that we answer to. `any` is for a sandbox. */
  readonly aeTitles: readonly string[] | "any";
  readonly allow: AllowList;
  readonly acceptContext: AcceptContext;
  readonly handlers: Handlers;
  /** Secure transport (PS3.15 B); `requestCert` and `ca` for mutual authentication. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<ServerLimits>;
  readonly log?: Logger;
}

export interface DicomServer {
  /** @throws DIMSE_LISTEN_FAILED */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly host: string }>;
  /** Refuses what is new, lets requests under way finish for a bounded time, aborts the rest. */
  close(): Promise<void>;
  /** Associations open now. */
  readonly associations: number;
}

/**
 * A DICOM node that others associate with (PS3.8 7.1, PS3.7 9.1): it listens once `listen` is called, to those of the allow
 * list only.
 * @throws DIMSE_INVALID_REQUEST for a title or an address of the configuration that is not one.
 */
export function createServer(options: ServerOptions): DicomServer {
  return new DicomNode(options);
}

/** In milliseconds: how often `close` looks whether the associations have ended, and what it leaves to last bytes. */
const DRAIN_STEP = 10;
const FLUSH_TIMEOUT = 500;

class DicomNode implements DicomServer {
  readonly #options: ServerOptions;
  readonly #limits: ServerLimits;
  readonly #log: Logger;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #served = new Set<ServedAssociation>();

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#limits = {
      associations: limits.ASSOCIATIONS,
      associationsPerAddress: limits.ASSOCIATIONS_PER_ADDRESS,
      maximumLength: limits.DEFAULT_MAXIMUM_LENGTH,
      artim: limits.ASSOCIATION_TIMEOUT,
      network: limits.NETWORK_TIMEOUT,
      idle: limits.IDLE_TIMEOUT,
      drain: limits.DRAIN_TIMEOUT,
      ...options.limits,
    };
    this.#admission = new Admission({ ...this.#limits, aeTitles: options.aeTitles, allow: options.allow });
    this.#server = this.#createListener(options.tls);
    // Such as no file descriptor left at accept: those who are inside stay, and the next may have more luck.
    this.#server.on("error", (error: NodeJS.ErrnoException) => {
      this.#log.error({ code: error.code }, "DICOM listener failed");
    });
  }

  get associations(): number {
    return this.#admission.associations;
  }

  async listen(port: number, host: string): Promise<{ port: number; host: string }> {
    this.#server.listen(port, host);
    try {
      await once(this.#server, "listening");
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? "unknown";
      throw fault("DIMSE_LISTEN_FAILED", { details: { port, reason }, cause: error });
    }
    const address = this.#server.address();
    return { host, port: typeof address === "object" && address !== null ? address.port : port };
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const association of this.#served) association.drain();
    const late = AbortSignal.timeout(this.#limits.drain);
    while (this.#served.size > 0 && !late.aborted) await delay(DRAIN_STEP);
    for (const association of this.#served) association.abort();
    // The last answers and A-ABORTs leave; then nobody is waited for.
    for (const socket of this.#sockets) socket.destroySoon();
    await Promise.race([closed, delay(FLUSH_TIMEOUT, undefined, { ref: false })]);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #createListener(tls: TlsOptions | undefined): Server {
    if (tls === undefined) {
      return createTcpServer((socket) => {
        if (this.#admitted(socket)) this.#accept(socket);
      });
    }
    const server = createTlsServer({ handshakeTimeout: this.#limits.artim, ...tls }, (socket) => this.#accept(socket));
    // Before the handshake, which costs more than the association.
    server.on("connection", (socket: Socket) => this.#admitted(socket));
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      this.#log.warn({ address: socket.remoteAddress, code: error.code }, "DICOM TLS handshake failed");
      socket.destroy();
    });
    return server;
  }

  #admitted(socket: Socket): boolean {
    const address = socket.remoteAddress ?? "";
    socket.on("error", () => {});
    if (!this.#admission.connected(address)) {
      this.#log.warn({ address }, "DICOM connection refused");
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#admission.disconnected(address);
    });
    return true;
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    let served: ServedAssociation | undefined;
    const channel = new Channel(socket, {
      role: "acceptor",
      maximumLength: this.#limits.maximumLength,
      artim: this.#limits.artim,
      network: this.#limits.network,
      onAssociate: (pdu) => {
        if (pdu.type === "A-ASSOCIATE-RQ") served = this.#associate(channel, pdu, address);
      },
      onEnd: (error) => this.#ended(served, address, error),
    });
  }

  #associate(channel: Channel, request: AssociateRequest, address: string): ServedAssociation | undefined {
    const requestor = {
      callingAETitle: printableAETitle(request.callingAETitle),
      calledAETitle: printableAETitle(request.calledAETitle),
      address,
    };
    const refusal = this.#server.listening
      ? this.#admission.admit(request, address)
      : ({ type: "A-ASSOCIATE-RJ", result: 2, source: 3, reason: 1 } as const);
    if (refusal !== undefined) {
      const { result, source, reason } = refusal;
      this.#log.warn({ ...requestor, result, source, reason }, "DICOM association rejected");
      channel.reject(refusal);
      return undefined;
    }
    const { answers, accepted } = answerContexts(request, this.#options.acceptContext, requestor);
    const roles = answerRoles(request, accepted);
    channel.open(accepted, request.user.maximumLength);
    channel.upperLayer.accept({
      ...request,
      type: "A-ASSOCIATE-AC",
      protocolVersion: 1,
      contexts: answers,
      user: {
        maximumLength: this.#limits.maximumLength,
        implementationClassUID: IMPLEMENTATION_CLASS_UID,
        implementationVersionName: IMPLEMENTATION_VERSION_NAME,
        roles,
      },
    });
    const scp = new Set(roles.filter((role) => role.scp).map((role) => role.sopClassUID));
    const served = new ServedAssociation(channel, {
      requestor,
      handlers: this.#options.handlers,
      log: this.#log,
      idle: this.#limits.idle,
      returnContexts: accepted.filter((context) => scp.has(context.abstractSyntax)),
    });
    this.#served.add(served);
    this.#log.info({ ...requestor, contexts: accepted.length }, "DICOM association accepted");
    void served.run();
    return served;
  }

  #ended(served: ServedAssociation | undefined, address: string, error: CodedError | undefined): void {
    if (error !== undefined) this.#log.warn({ address, code: error.code, ...error.details }, "DICOM association ended");
    if (served === undefined) return;
    this.#served.delete(served);
    this.#admission.ended(address);
    served.ended();
  }
}
