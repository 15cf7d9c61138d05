/**
 * Key Object Selection Documents (PS3.3 A.35.4, PS3.16 TID 2010): the manifest, which says what a study is made of, and the
 * rejection note, which says what must not be shown any more.
 */
export { buildManifest } from "./build.ts";
export { kosErrors } from "./errors.ts";
export { KEY_OBJECT_SELECTION } from "./head.ts";
export type {
  AssignedIdentifier,
  Manifest,
  ManifestContent,
  ManifestContentSeries,
  ManifestContentStudy,
  ManifestInput,
  ManifestInstance,
  ManifestSeries,
  ManifestStudy,
} from "./model.ts";
export { readManifest } from "./read.ts";
export {
  NOTE_LIMIT,
  type RejectedSeries,
  type RejectedStudy,
  type RejectionNote,
  type RejectionReason,
  readRejectionNote,
  readRejectionNoteInSlices,
} from "./rejection-note.ts";
export { referenceValueType } from "./sop-class.ts";
