import type { X509Certificate } from "node:crypto";
import type { SecureContext } from "node:tls";
import type { Signer } from "../xds/index.ts";

/** `EG`: geographical FINESS; `EJ`: the FINESS of the legal entity. */
export type StructureKind = "EG" | "EJ";

/** A PEM key and its PEM certificate, followed by intermediate authorities if any. */
export interface KeyPairFiles {
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** The two IGC-Santé certificates of a structure: ORG AUTH_CLI and ORG SIGN. */
export interface CredentialFiles {
  /** National identifier with its prefix: FINESS 750099999 is `1750099999`. */
  readonly structureId: string;
  readonly kind: StructureKind;
  readonly authentication: KeyPairFiles;
  readonly signing: KeyPairFiles;
}

/** A client certificate for mutual TLS; its key stays in this room. */
export interface ClientIdentity {
  readonly certificate: X509Certificate;
  /**
   * TLS 1.2 or later.
   * @param trusted PEM authorities that may certify the server; nothing else is believed.
   */
  secureContext(trusted: string): SecureContext;
}

export interface StructureCredentials {
  readonly structureId: string;
  readonly kind: StructureKind;
  readonly authentication: ClientIdentity;
  readonly signing: Signer;
}
