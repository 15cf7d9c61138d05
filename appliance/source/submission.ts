import type { Submission, SubmissionDocument } from "../dmp/index.ts";
import type { Manifest } from "../kos/index.ts";
import type { NewSubmission, StoredSubmission } from "../store/index.ts";

/** A submission as the store keeps it: the manifest's bytes once, all the rest as JSON. */
export function toStored(submission: Submission, manifest: Manifest): NewSubmission {
  const documents = submission.documents.map(({ bytes, ...document }) => ({
    ...document,
    // The manifest has its own column; what remains is the signature, a few kilobytes of XML.
    content: bytes === manifest.bytes ? undefined : Buffer.from(bytes).toString("base64"),
  }));
  return {
    sopInstanceUID: manifest.sopInstanceUID,
    manifest: manifest.bytes,
    instanceCount: manifest.instanceCount,
    envelope: JSON.stringify({ ...submission, documents }),
  };
}

/** The same submission again, byte for byte. */
export function fromStored(stored: StoredSubmission): Submission {
  const envelope = JSON.parse(stored.envelope) as StoredEnvelope;
  return {
    ...envelope,
    documents: envelope.documents.map(({ content, ...document }) => ({
      ...document,
      bytes: content === undefined ? stored.manifest : Buffer.from(content, "base64"),
    })),
  };
}

type StoredEnvelope = Omit<Submission, "documents"> & {
  readonly documents: readonly (Omit<SubmissionDocument, "bytes"> & { readonly content?: string })[];
};
