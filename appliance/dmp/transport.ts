import { Readable } from "node:stream";
import { connect } from "node:tls";
import { Agent, request } from "undici";
import type { StructureCredentials } from "../trust/index.ts";
import type { HttpMessage } from "../xds/index.ts";
import { dmpErrors } from "./errors.ts";
import type { DmpOptions, Timeouts } from "./model.ts";
import { networkFault } from "./outcomes.ts";

/** Generous, because the record may be slow and a retry costs more; the total bounds them all. */
export const DEFAULT_TIMEOUTS: Timeouts = { connect: 10_000, headers: 60_000, body: 30_000, total: 180_000 };
/** Largest answer read: registry answers are a few kB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Exchanges at once with one certificate; the rest waits its turn. */
const MAX_CONNECTIONS = 4;

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** HTTPS to the record, one pool of mutual TLS connections per client certificate. */
export interface Transport {
  post(url: string, message: HttpMessage, credentials: StructureCredentials, signal?: AbortSignal): Promise<HttpAnswer>;
  /** Opens TLS, lets the server judge our certificate, closes. */
  handshake(credentials: StructureCredentials, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export function createTransport(options: Pick<DmpOptions, "baseUrl" | "trustedAuthorities" | "timeouts">): Transport {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const agents = new Map<StructureCredentials, Agent>();

  function agentOf(credentials: StructureCredentials): Agent {
    let agent = agents.get(credentials);
    if (agent === undefined) {
      const secureContext = credentials.authentication.secureContext(options.trustedAuthorities);
      agent = new Agent({
        connect: { secureContext, timeout: timeouts.connect },
        headersTimeout: timeouts.headers,
        bodyTimeout: timeouts.body,
        maxResponseSize: MAX_ANSWER_BYTES,
        connections: MAX_CONNECTIONS,
        allowH2: false,
      });
      agents.set(credentials, agent);
    }
    return agent;
  }

  return {
    async post(url, message, credentials, signal) {
      try {
        const deadline = AbortSignal.timeout(timeouts.total);
        const { statusCode, headers, body } = await request(url, {
          method: "POST",
          dispatcher: agentOf(credentials),
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
          headers: {
            "content-type": message.contentType,
            "content-length": String(message.contentLength),
            accept: "multipart/related, application/soap+xml, application/xop+xml, text/xml",
            "accept-encoding": "identity",
          },
          body: Readable.from(message.bytes(), { objectMode: false }),
        });
        const bytes = await body.bytes();
        const encoding = headers["content-encoding"] ?? "identity";
        if (encoding !== "identity")
          throw dmpErrors.fault("DMP_ANSWER_UNREADABLE", { details: { reason: "compressed" } });
        const contentType = headers["content-type"];
        return {
          status: statusCode,
          contentType: typeof contentType === "string" ? contentType : "",
          body: bytes,
        };
      } catch (error) {
        const fault = networkFault(error, signal);
        // TLS 1.3 lets us send before the server refuses our certificate, and the refusal may drown in the reset.
        if (BROKEN.test(String(fault.details.reason))) await handshake(credentials, signal);
        throw fault;
      }
    },
    handshake,
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
    },
  };

  function handshake(credentials: StructureCredentials, signal?: AbortSignal): Promise<void> {
    const { hostname, port } = new URL(options.baseUrl);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const secureContext = credentials.authentication.secureContext(options.trustedAuthorities);
    const socket = connect({ host: hostname, port: Number(port || 443), secureContext });
    const stop = () => socket.destroy(new Error("interrupted"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    // In TLS 1.3 the server judges our certificate after we believe to be connected: its close, or its silence once
    // we have closed, is its consent.
    socket.once("secureConnect", () => socket.resume().end());
    const late = () => {
      if (socket.writableEnded) socket.destroy();
      else socket.destroy(Object.assign(new Error("no answer"), { code: "UND_ERR_CONNECT_TIMEOUT" }));
    };
    socket.setTimeout(timeouts.connect, late);
    // Silence never comes from a server that goes on talking.
    const overtime = setTimeout(late, timeouts.total);
    socket.once("close", () => resolve());
    socket.once("error", (error) => reject(networkFault(error, signal)));
    return promise.finally(() => {
      clearTimeout(overtime);
      signal?.removeEventListener("abort", stop);
    });
  }
}

/** A connection that ended without an explanation. */
const BROKEN = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/;
