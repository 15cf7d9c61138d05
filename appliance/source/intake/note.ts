import { createHash } from "node:crypto";
import type { Logger } from "../../base/index.ts";
import type { ReceivedNoteObject } from "../../pacs/index.ts";
import type { Store } from "../../store/index.ts";

export interface NoteOptions {
  readonly store: Pick<Store, "recordMessage">;
  readonly now: () => Date;
  readonly log: Logger;
  /** Called when a note has been taken: there is work in the store. */
  readonly onAccepted: () => void;
  /** Called at once for each study of which images are rejected: nobody waits for the look to stop sending them. */
  readonly onRejected?: ((studyInstanceUID: string) => void) | undefined;
}

/**
 * Takes a rejection note of the PACS (RAD-66): resolves once it is in the store, which is what the C-STORE success
 * promises. A key object of another kind is for its readers, not for us. Rejects with STORE_* when it could not be kept.
 */
export function createNoteAcceptor(options: NoteOptions): (received: ReceivedNoteObject) => Promise<void> {
  return async ({ bytes, note, callingAETitle, peer }) => {
    if (note === undefined) {
      options.log.info({ pacs: callingAETitle }, "key object without effect: not a rejection note");
      return;
    }
    const { id, fresh } = await options.store.recordMessage({
      kind: "dicom",
      receivedAt: options.now(),
      sender: callingAETitle,
      controlId: note.sopInstanceUID,
      digest: createHash("sha256").update(bytes).digest(),
      peer,
      bytes: new Uint8Array(bytes),
      answer: new Uint8Array(),
    });
    options.log.info({ message: id, fresh, reason: note.reason, pacs: callingAETitle }, "rejection note accepted");
    if (!fresh) return;
    if (note.reason !== "restored") for (const study of note.studies) options.onRejected?.(study.studyInstanceUID);
    options.onAccepted();
  };
}
