/** The keys and certificates of the box: the only room that holds a private key. */
export { type Credentials, loadCredentials, requireValid } from "./credentials.ts";
export { trustErrors } from "./errors.ts";
export { loadClientIdentity, loadFileSigner } from "./files.ts";
export type { ClientIdentity, CredentialFiles, KeyPairFiles, StructureCredentials, StructureKind } from "./model.ts";
