import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { CodedError } from "../../base/index.ts";
import { sourceErrors } from "../errors.ts";

/** Who is at the other end, as far as TLS tells. */
export interface Peer {
  readonly address: string;
  /** Distinguished name of the certificate; empty when none was shown. */
  readonly name: string;
  /** Why the certificate is not accepted. */
  readonly fault?: CodedError;
}

/** Who stands behind a token of Pro Santé Connect. */
export interface Professional {
  /** National identifier. */
  readonly id: string;
  /** Codes of the professions that he exercises. */
  readonly professions: readonly string[];
}

export interface GateOptions {
  peerOf(socket: Socket): Peer;
  /** True when the name stands on the national white list. */
  isListed(peer: Peer): boolean;
  /** Asks Pro Santé Connect; rejects with IDENTITY_*, also when it does not answer: that is never a yes. */
  professionalOf(token: string, options: { readonly signal: AbortSignal }): Promise<Professional>;
  /** Codes of the professions that may see images. */
  readonly professions: ReadonlySet<string>;
}

/** RFC 6750 2.1; a token is never looked into here. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;
const LONGEST_TOKEN = 16 * 1024;

/** The box that asks: its certificate, then its name on the white list. Throws TRUST_* or SOURCE_PEER_UNLISTED. */
export function admitPeer(request: IncomingMessage, { peerOf, isListed }: GateOptions): Peer {
  const peer = peerOf(request.socket);
  if (peer.fault !== undefined) throw peer.fault;
  if (!isListed(peer)) throw sourceErrors.fault("SOURCE_PEER_UNLISTED");
  return peer;
}

/**
 * The professional in whose name it asks: his token, then his profession. Rejects with SOURCE_TOKEN_MISSING, IDENTITY_* or
 * SOURCE_PROFESSION_REFUSED.
 */
export async function admitProfessional(
  request: IncomingMessage,
  { professionalOf, professions }: GateOptions,
  signal: AbortSignal,
): Promise<Professional> {
  const { authorization = "" } = request.headers;
  const token = authorization.length <= LONGEST_TOKEN ? BEARER.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw sourceErrors.fault("SOURCE_TOKEN_MISSING");
  const professional = await professionalOf(token, { signal });
  if (!professional.professions.some((code) => professions.has(code))) {
    throw sourceErrors.fault("SOURCE_PROFESSION_REFUSED");
  }
  return professional;
}
