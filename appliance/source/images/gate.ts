import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { CodedError } from "../../base/index.ts";
import type { Professional, TokenGate } from "../../identity/index.ts";
import type { DistinguishedName } from "../../trust/index.ts";
import { sourceErrors } from "../errors.ts";

/** Who is at the other end, as far as TLS tells. */
export interface Peer {
  readonly address: string;
  /** Distinguished name of the certificate; empty when none was shown. */
  readonly name: string;
  readonly distinguishedName?: DistinguishedName;
  /** DER of the certificate. */
  readonly certificate?: Uint8Array;
  /** Why the certificate is not accepted. */
  readonly fault?: CodedError;
}

export interface GateOptions {
  peerOf(socket: Socket): Peer;
  /** True when the name stands on the national white list. */
  isListed(peer: Peer): boolean;
  /** Asks Pro Santé Connect who holds a token, and whether he may see images. */
  readonly tokens: Pick<TokenGate, "check">;
}

/** RFC 6750 2.1; what a token is, is not looked into here. */
const BEARER = /^Bearer +(.+)$/i;

/** The box that asks: its certificate, then its name on the white list. Throws TRUST_* or SOURCE_PEER_UNLISTED. */
export function admitPeer(request: IncomingMessage, { peerOf, isListed }: GateOptions): Peer {
  const peer = peerOf(request.socket);
  if (peer.fault !== undefined) throw peer.fault;
  if (!isListed(peer)) throw sourceErrors.fault("SOURCE_PEER_UNLISTED");
  return peer;
}

/** The professional in whose name it asks: his token, then his profession. Rejects with IDENTITY_*. */
export function admitProfessional(
  request: IncomingMessage,
  { tokens }: GateOptions,
  { certificate }: Peer,
  signal: AbortSignal,
): Promise<Professional> {
  // All that were sent, as one: two are no token, and none of them is chosen.
  const credentials = request.headersDistinct.authorization?.join(", ") ?? "";
  const token = BEARER.exec(credentials)?.[1] ?? "";
  return tokens.check(token, { signal, ...(certificate !== undefined && { certificate }) });
}
