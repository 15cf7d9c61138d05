/** The MLLP listener: who may connect, how much, and one answer for each message, in order. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { asCoded, type CodedError, type Logger } from "../base/index.ts";
import { type AckCode, buildAck } from "./ack.ts";
import { fault } from "./errors.ts";
import { Framer, frame } from "./framer.ts";

export interface MllpLimits {
  /** Bytes of one message. A report with its PDF is below 1 MB; some carry 20 MB. */
  readonly messageBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Milliseconds without a byte from the peer, or with an answer that it does not read. */
  readonly idleMs: number;
  /** Milliseconds from the first byte of a message to its last: a drip of bytes is no message. */
  readonly messageMs: number;
  /** Bytes before a frame after which the peer is taken for something else (HTTP, TLS on a plain port). */
  readonly outsideBytes: number;
  /** Milliseconds left to the messages in hand when the server closes. */
  readonly closeMs: number;
}

/** Ours to choose; a RIS keeps one or two connections open all day. */
const defaultMllpLimits: MllpLimits = {
  messageBytes: 64 * 1024 * 1024,
  connections: 64,
  connectionsPerAddress: 16,
  idleMs: 10 * 60_000,
  // 64 MiB at 2 Mbit/s.
  messageMs: 5 * 60_000,
  outsideBytes: 64 * 1024,
  closeMs: 5_000,
};

/** Milliseconds that a peer has to read a last answer and to close. Ours to choose. */
const LINGER_MS = 2_000;

export interface MllpPeer {
  /** IPv4 addresses in their dotted form even on an IPv6 socket. */
  readonly address: string;
  readonly port: number;
  /** Common name of the client certificate, when TLS asked for one. */
  readonly certificateSubject?: string;
}

export interface MllpServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** TLS (mutual when it asks for a certificate); plain TCP otherwise. */
  readonly tls?: tls.TlsOptions;
  /** Addresses or `address/prefix`; anyone else is cut at once. `any` must be said in so many words. */
  readonly allowAddresses: readonly string[] | "any";
  readonly limits?: Partial<MllpLimits>;
  /**
   * Takes a message (no frame) and gives its acknowledgement (no frame). The next message of the connection waits for
   * it. A rejection is answered too: AE when its cause never passes by itself, else AR, "may be sent again".
   */
  readonly onMessage: (bytes: Buffer, peer: MllpPeer) => Promise<Buffer>;
  readonly log: Logger;
}

export interface MllpServer {
  /** Errors: `HL7_LISTEN_FAILED`. */
  listen(): Promise<void>;
  /** Stops listening, lets the messages in hand be answered, then cuts. */
  close(): Promise<void>;
  /** Where it listens, once it does. */
  address(): { readonly host: string; readonly port: number };
}

/** Nothing is opened before `listen`. Errors: `HL7_ADDRESS_INVALID`. */
export function createMllpServer(options: MllpServerOptions): MllpServer {
  const limits: MllpLimits = { ...defaultMllpLimits, ...options.limits };
  const allowed = options.allowAddresses === "any" ? undefined : allowList(options.allowAddresses);
  const sockets = new Set<net.Socket>();
  const connections = new Set<Connection>();
  // Half open: a sender that shuts its side after the message still gets its answer.
  const settings = { allowHalfOpen: true, noDelay: true, keepAlive: true };
  const server =
    options.tls === undefined ? net.createServer(settings) : tls.createServer({ ...options.tls, ...settings });

  // Before TLS: an address that may not speak, or one too many, does not cost a handshake.
  server.on("connection", (socket: net.Socket) => {
    const refusal = admission(addressOf(socket), allowed, sockets, limits);
    if (refusal !== undefined) {
      options.log.warn({ reason: refusal, address: addressOf(socket) }, "MLLP connection refused");
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: net.Socket) => {
    if (socket.destroyed) return;
    const connection = new Connection(socket, options, limits);
    connections.add(connection);
    void connection.run().finally(() => connections.delete(connection));
  });
  server.on("tlsClientError", (error: Error) =>
    options.log.warn({ reason: error.message }, "MLLP TLS handshake failed"),
  );

  return {
    async listen() {
      server.listen({ host: options.host, port: options.port });
      await once(server, "listening").catch((cause: unknown) => {
        throw fault("HL7_LISTEN_FAILED", { details: { host: options.host, port: options.port }, cause });
      });
      server.on("error", (error: Error) => options.log.error({ reason: error.message }, "the MLLP listener failed"));
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.finish();
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, limits.closeMs);
      await closed;
      clearTimeout(timer);
    },
    address() {
      const bound = server.address();
      if (bound === null || typeof bound === "string") throw new TypeError("the MLLP server does not listen");
      return { host: bound.address, port: bound.port };
    },
  };
}

/** One peer's connection; shares nothing with the others. */
class Connection {
  readonly #peer: MllpPeer;
  readonly #socket: net.Socket;
  readonly #options: MllpServerOptions;
  readonly #limits: MllpLimits;
  readonly #framer: Framer;
  #working = false;
  #last = false;
  #outside = 0;
  #overdue: NodeJS.Timeout | undefined;

  constructor(socket: net.Socket, options: MllpServerOptions, limits: MllpLimits) {
    this.#socket = socket;
    this.#peer = peerOf(socket);
    this.#options = options;
    this.#limits = limits;
    this.#framer = new Framer(limits.messageBytes);
    socket.setTimeout(limits.idleMs, () => {
      if (!this.#working) socket.destroy(new Error("idle"));
    });
    // Reported by the loop below; a socket without a listener would end the process.
    socket.on("error", () => undefined);
  }

  /** Ends now when nothing is in hand, else after the answer. */
  finish(): void {
    this.#last = true;
    if (!this.#working) this.#socket.destroySoon();
  }

  /** Reads while the answers go out: the socket is not read while a message is in hand, which is the back-pressure. */
  async run(): Promise<void> {
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        for (const event of this.#framer.push(chunk)) {
          if (event.kind === "message") {
            this.#outside = 0;
            this.#arrived();
            if (event.abandoned > 0) this.#note({ bytes: event.abandoned }, "unfinished MLLP message dropped");
            await this.#write(await this.#answer(event.bytes));
          } else if (event.kind === "too-large") {
            const error = fault("HL7_MESSAGE_TOO_LARGE", { details: { limit: this.#limits.messageBytes } });
            await this.#write(this.#refusal(event.head, "AE", error));
            this.#last = true;
          } else {
            if (this.#outside === 0) this.#note({}, "text outside MLLP frames is skipped");
            this.#outside += event.bytes.length;
            if (this.#outside <= this.#limits.outsideBytes) continue;
            this.#note({ bytes: this.#outside }, "the peer does not speak MLLP");
            return;
          }
          if (this.#last) return;
        }
        if (this.#framer.unfinished)
          this.#overdue ??= setTimeout(() => this.#socket.destroy(new Error("too slow")), this.#limits.messageMs);
      }
      if (this.#framer.unfinished) this.#note({}, "MLLP connection ended inside a message");
    } catch (error) {
      if (!this.#last)
        this.#note({ reason: error instanceof Error ? error.message : String(error) }, "MLLP connection broke");
    } finally {
      this.#arrived();
      this.#leave();
    }
  }

  /** The message that had begun is whole; the next has its own time. */
  #arrived(): void {
    clearTimeout(this.#overdue);
    this.#overdue = undefined;
  }

  /** Ends our side and reads on for a moment: bytes left unread would reset the connection under the last answer. */
  #leave(): void {
    this.#socket.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once("close", () => clearTimeout(timer));
  }

  async #answer(message: Buffer): Promise<Buffer> {
    this.#working = true;
    try {
      return await this.#options.onMessage(message, this.#peer);
    } catch (cause) {
      const error = asCoded(cause, (inner) => fault("HL7_PROCESSING_FAILED", { cause: inner }));
      this.#options.log.error({ code: error.code, address: this.#peer.address }, "an HL7 message could not be handled");
      return this.#refusal(message, error.retry === "never" ? "AE" : "AR", error);
    } finally {
      this.#working = false;
    }
  }

  #refusal(message: Buffer, code: AckCode, error: CodedError): Buffer {
    return buildAck(message, { code, error, controlId: randomUUID(), now: new Date() });
  }

  async #write(ack: Buffer): Promise<void> {
    if (this.#socket.destroyed) return;
    if (!this.#socket.write(frame(ack))) await Promise.race([once(this.#socket, "drain"), once(this.#socket, "close")]);
  }

  #note(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#options.log.warn({ ...facts, address: this.#peer.address, port: this.#peer.port }, message);
  }
}

function addressOf(socket: net.Socket): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}

function peerOf(socket: net.Socket): MllpPeer {
  const subject = socket instanceof tls.TLSSocket ? socket.getPeerCertificate()?.subject?.CN : undefined;
  return {
    address: addressOf(socket),
    port: socket.remotePort ?? 0,
    ...(typeof subject === "string" ? { certificateSubject: subject } : {}),
  };
}

function family(address: string): net.IPVersion {
  return net.isIPv6(address) ? "ipv6" : "ipv4";
}

function allowList(addresses: readonly string[]): net.BlockList {
  const list = new net.BlockList();
  for (const entry of addresses) {
    const [address = "", prefix] = entry.split("/");
    try {
      if (prefix === undefined) list.addAddress(address, family(address));
      else list.addSubnet(address, Number(prefix), family(address));
    } catch (cause) {
      throw fault("HL7_ADDRESS_INVALID", { details: { entry }, cause });
    }
  }
  return list;
}

function admission(
  address: string,
  allowed: net.BlockList | undefined,
  open: ReadonlySet<net.Socket>,
  limits: MllpLimits,
): string | undefined {
  if (address === "") return "gone";
  if (allowed !== undefined && !allowed.check(address, family(address))) return "address not allowed";
  if (open.size >= limits.connections) return "too many connections";
  const same = [...open].filter((socket) => addressOf(socket) === address).length;
  return same >= limits.connectionsPerAddress ? "too many connections of this address" : undefined;
}
