import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { asCoded, type CodedError } from "../base/index.ts";
import { type DistinguishedName, formatDistinguishedName, subjectOf } from "./distinguished-name.ts";
import { trustErrors } from "./errors.ts";

/** Who is at the other end of a connection to the national listener, as far as TLS tells. */
export interface NationalPeer {
  /** IP address. */
  readonly address: string;
  /** The subject of its certificate as RFC 4514 text, also when it is refused; empty when none was shown or it has no reading. */
  readonly name: string;
  readonly distinguishedName?: DistinguishedName;
  readonly certificate?: { readonly serialNumber: string; readonly fingerprint256: string; readonly validTo: Date };
  /** Whether the certificate is accepted: then, and only then, there is no `fault`. */
  readonly authorized: boolean;
  /** Why it is not: one of TRUST_PEER_*, or what keeps its name from being read. */
  readonly fault?: CodedError;
}

type PeerCode = Extract<keyof typeof trustErrors.definitions, `TRUST_PEER_${string}`>;

/** The verification errors of the TLS library that have a cause of their own. All others: no accepted authority. */
const CAUSES: Readonly<Record<string, PeerCode>> = {
  CERT_HAS_EXPIRED: "TRUST_PEER_EXPIRED",
  CERT_NOT_YET_VALID: "TRUST_PEER_NOT_YET_VALID",
  CERT_REVOKED: "TRUST_PEER_REVOKED",
  UNABLE_TO_GET_CRL: "TRUST_PEER_REVOCATION_UNKNOWN",
  CRL_HAS_EXPIRED: "TRUST_PEER_REVOCATION_UNKNOWN",
  CRL_NOT_YET_VALID: "TRUST_PEER_REVOCATION_UNKNOWN",
  CRL_SIGNATURE_FAILURE: "TRUST_PEER_REVOCATION_UNKNOWN",
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: "TRUST_PEER_REVOCATION_UNKNOWN",
  ERROR_IN_CRL_LAST_UPDATE_FIELD: "TRUST_PEER_REVOCATION_UNKNOWN",
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: "TRUST_PEER_REVOCATION_UNKNOWN",
  INVALID_PURPOSE: "TRUST_PEER_WRONG_USAGE",
};
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/**
 * Reads the peer off its socket; never throws.
 * @param authorities every level that may have issued its certificate
 */
export function peerOf(socket: Socket, authorities: readonly X509Certificate[], now: Date): NationalPeer {
  const address = socket.remoteAddress ?? "";
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) {
    return { address, name: "", authorized: false, fault: trustErrors.fault("TRUST_PEER_NO_CERTIFICATE") };
  }
  const { serialNumber, fingerprint256, validToDate: validTo } = certificate;
  const shown = { address, certificate: { serialNumber, fingerprint256, validTo } };
  let distinguishedName: DistinguishedName;
  try {
    distinguishedName = subjectOf(certificate);
  } catch (error) {
    const fault = asCoded(error, (cause) => trustErrors.fault("TRUST_NAME_INVALID", { cause }));
    return { ...shown, name: "", authorized: false, fault };
  }
  const named = { ...shown, distinguishedName, name: formatDistinguishedName(distinguishedName) };
  const fault = faultOf(socket as TLSSocket, certificate, authorities, now);
  return fault === undefined ? { ...named, authorized: true } : { ...named, authorized: false, fault };
}

function faultOf(
  socket: TLSSocket,
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  now: Date,
): CodedError | undefined {
  if (!socket.authorized) {
    // The declared type says Error; the TLS library's name for the cause is what is there.
    const reason = String(socket.authorizationError);
    // The library reports the last of several causes, and of a stranger it also has no CRL.
    if (!authorities.some((authority) => isIssuedBy(certificate, authority))) {
      return trustErrors.fault("TRUST_PEER_UNKNOWN_AUTHORITY", { details: { reason } });
    }
    return trustErrors.fault(CAUSES[reason] ?? "TRUST_PEER_UNKNOWN_AUTHORITY", { details: { reason } });
  }
  // Asked of the certificate itself: the library lets one through that names no usage at all.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return trustErrors.fault("TRUST_PEER_WRONG_USAGE");
  // It was valid when the connection began; connections live long.
  if (now > certificate.validToDate) return trustErrors.fault("TRUST_PEER_EXPIRED");
  return undefined;
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
