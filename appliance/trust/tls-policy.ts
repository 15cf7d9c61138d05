import { constants } from "node:crypto";
import type { TlsOptions } from "node:tls";

const SUITES = [
  // TLS 1.3
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
  // TLS 1.2: ephemeral elliptic curves and authenticated encryption only.
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

/** The hybrid first (ANSSI's position on post-quantum transition), then the curves of the guide, in its order. */
const GROUPS = ["X25519MLKEM768", "P-256", "P-384", "P-521", "X25519"];

/** SHA-256 or more for both ends; RSA by PSS where the other end can. */
const SIGNATURES = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];

/**
 * What the national listener speaks: ANSSI, "Recommandations de sécurité relatives à TLS" (v1.2). No renegotiation and no
 * compression. No tickets, hence no resumption in either version: a resumed session is not asked for its certificate again,
 * so one that was revoked since would come in, and a ticket key in memory would undo forward secrecy. A box keeps its
 * connections open, so whole handshakes are rare.
 */
export const NATIONAL_POLICY = {
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  ciphers: SUITES.join(":"),
  honorCipherOrder: true,
  ecdhCurve: GROUPS.join(":"),
  sigalgs: SIGNATURES.join(":"),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_COMPRESSION,
} as const satisfies TlsOptions;
