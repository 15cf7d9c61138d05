/** The keys, certificates and lists by which the box knows itself and others: the only room that holds a private key. */

export { loadAuthorities } from "./authorities.ts";
export { type Credentials, loadCredentials, requireValid } from "./credentials.ts";
export {
  type DistinguishedName,
  formatDistinguishedName,
  type NameAttribute,
  nameKey,
  parseDistinguishedName,
  sameName,
  subjectOf,
} from "./distinguished-name.ts";
export { trustErrors } from "./errors.ts";
export { loadClientIdentity, loadFileSigner, loadServerTls } from "./files.ts";
export type { ClientIdentity, CredentialFiles, KeyPairFiles, StructureCredentials, StructureKind } from "./model.ts";
export { type NationalTls, type NationalTlsOptions, nationalTls } from "./national.ts";
export type { NationalPeer } from "./national-peer.ts";
export { type PublicTls, type PublicTlsOptions, publicTls } from "./public.ts";
export {
  type Member,
  openWhiteList,
  readWhiteList,
  type WhiteList,
  type WhiteListKeeper,
  type WhiteListOptions,
} from "./white-list.ts";
export type { Domain } from "./white-list-document.ts";
