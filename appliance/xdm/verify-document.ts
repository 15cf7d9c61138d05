import { createHash } from "node:crypto";
import type { RegistryDocument } from "../xds/index.ts";
import { xdmErrors } from "./errors.ts";

/**
 * Throws unless the bytes are those that their entry describes: XDM_METADATA_INCOMPLETE when it does not, otherwise
 * XDM_DOCUMENT_ALTERED.
 */
export function verifyDocument(entry: RegistryDocument, bytes: Uint8Array, where: string): void {
  if (entry.hash === undefined)
    throw xdmErrors.fault("XDM_METADATA_INCOMPLETE", { details: { missing: "hash" }, where });
  const difference =
    entry.size !== undefined && entry.size !== bytes.length
      ? "size"
      : sha1(bytes) !== entry.hash.toLowerCase() && "hash";
  if (difference) throw xdmErrors.fault("XDM_DOCUMENT_ALTERED", { details: { difference }, where });
}

/** SHA-1 because XDS says so (ITI TF-3 4.2.3.2.10). */
const sha1 = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");
