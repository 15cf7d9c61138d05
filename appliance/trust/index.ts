/** The keys and certificates of the box: the only room that holds a private key. */

export { loadAuthorities } from "./authorities.ts";
export { type Credentials, loadCredentials, requireValid } from "./credentials.ts";
export { trustErrors } from "./errors.ts";
export { loadClientIdentity, loadFileSigner, loadServerTls } from "./files.ts";
export type { ClientIdentity, CredentialFiles, KeyPairFiles, StructureCredentials, StructureKind } from "./model.ts";
