import { createSecureContext } from "node:tls";
import type { CustomFetchOptions } from "openid-client";
import { Agent, request } from "undici";
import type { CodedError } from "../base/index.ts";
import { identityErrors } from "./errors.ts";
import type { TokenGateOptions } from "./model.ts";

/** Largest answer read: introspection is 1 kB, the userinfo of a professional with many exercises a few. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Questions at once; the rest waits its turn within its own time. */
const MAX_CONNECTIONS = 8;

/** One HTTPS question to Pro Santé Connect, as `openid-client` wants to ask it. */
export interface Exchange {
  fetch(url: string, options: CustomFetchOptions): Promise<Response>;
  close(): Promise<void>;
}

/** What a status other than 200 means at one address; undefined when it means nothing of its own there. */
export type Refusal = (status: number, body: Uint8Array) => CodedError | undefined;

/**
 * `fetch` for `openid-client`: TLS with our certificate and our authorities only, no redirect, no compression, a bounded
 * body. Resolves with an answer of status 200 or rejects with the coded error of what came instead; never with anything
 * that holds the token.
 * @param refusals By address.
 */
export function createExchange(
  { client, trustedAuthorities }: Pick<TokenGateOptions, "client" | "trustedAuthorities">,
  refusals: Readonly<Record<string, Refusal>>,
): Exchange {
  const refusalAt = new Map(Object.entries(refusals).map(([address, refusal]) => [new URL(address).href, refusal]));
  const secureContext =
    "certificate" in client
      ? client.certificate.secureContext(trustedAuthorities)
      : createSecureContext({ ca: trustedAuthorities, minVersion: "TLSv1.2" });
  const agent = new Agent({
    connect: { secureContext },
    maxResponseSize: MAX_ANSWER_BYTES,
    connections: MAX_CONNECTIONS,
    allowH2: false,
  });

  return {
    async fetch(url, { method, headers, body, signal }) {
      const { statusCode, headers: answered, bytes } = await ask();
      const refusal = refusalAt.get(url)?.(statusCode, bytes);
      if (statusCode !== 200) throw refusal ?? httpFault(statusCode, answered["retry-after"]);
      if ((answered["content-encoding"] ?? "identity") !== "identity") throw unexpected("compressed");
      return new Response(bytes, { headers: { "content-type": String(answered["content-type"] ?? "") } });

      async function ask() {
        try {
          const answer = await request(url, {
            method: method === "POST" ? "POST" : "GET",
            headers: { ...headers, "accept-encoding": "identity" },
            body: body instanceof URLSearchParams ? body.toString() : null,
            dispatcher: agent,
            ...(signal === undefined ? {} : { signal }),
          });
          return { ...answer, bytes: await answer.body.bytes() };
        } catch (error) {
          throw networkFault(error);
        }
      }
    },
    close: () => agent.destroy(),
  };
}

/** An answer that is not what RFC 7662 or OpenID Connect promise. */
export function unexpected(reason: string): CodedError {
  return identityErrors.fault("IDENTITY_PSC_ANSWER", { details: { reason } });
}

/**
 * A 400 that does not complain of us is the token's own doing: it must not look like an outage, or anybody could make
 * one with a bad token.
 */
export const introspectionRefusal: Refusal = (status, body) =>
  clientRefusal(status, body) ??
  (status === 400 || status === 413 ? identityErrors.fault("IDENTITY_TOKEN_INACTIVE") : undefined);

/** Here it is the code, or what comes with it, that is not taken. */
export const tokenRefusal: Refusal = (status, body) =>
  clientRefusal(status, body) ??
  (status === 400 ? identityErrors.fault("IDENTITY_LOGIN_UNVERIFIED", { details: { reason: "code" } }) : undefined);

function clientRefusal(status: number, body: Uint8Array): CodedError | undefined {
  const ours = status === 401 || status === 403 || CLIENT_ERROR.test(Buffer.from(body).toString("latin1"));
  if (!ours || status < 400 || status >= 500) return undefined;
  return identityErrors.fault("IDENTITY_CLIENT_REFUSED", { details: { reason: `HTTP ${status}` } });
}

/** RFC 6749 5.2: the server may answer 400 or 401 to a client it does not know. */
const CLIENT_ERROR = /"error"\s*:\s*"(invalid|unauthorized)_client"/;

/** Here it is the token that opens the door (RFC 6750 3.1). */
export const userinfoRefusal: Refusal = (status) =>
  status === 400 || status === 401 || status === 403 ? identityErrors.fault("IDENTITY_TOKEN_INACTIVE") : undefined;

function httpFault(status: number, retryAfter: string | string[] | undefined): CodedError {
  const reason = `HTTP ${status}`;
  if (status !== 408 && status !== 429 && status < 500) return unexpected(reason);
  const wanted = /^\d{1,3}$/.test(String(retryAfter)) ? { retryAfter: Number(retryAfter) } : {};
  return identityErrors.fault("IDENTITY_PSC_UNAVAILABLE", { details: { reason, ...wanted } });
}

/** The cause is dropped on purpose: it may hold the request, and with it the token. */
function networkFault(error: unknown): CodedError {
  const reason = codeOf(error);
  if (reason === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return unexpected(reason);
  const refused = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(reason);
  return identityErrors.fault(refused ? "IDENTITY_CLIENT_REFUSED" : "IDENTITY_PSC_UNAVAILABLE", {
    details: { reason },
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
