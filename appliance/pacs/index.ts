/** The site's PACS as the rest of the product needs it: is it there, and what is a study made of (PS3.4 C). */
export type { PacsAddress, WadoAddress } from "./connection.ts";
export { pacsErrors } from "./errors.ts";
export type { Finding } from "./finding.ts";
export { createPacsGroup, type GroupRequestOptions, type GroupRetrieveRequest, type PacsGroup } from "./group.ts";
export { countOf, type FoundStudy, isPartial } from "./model.ts";
export { createNoteListener, type NoteListener, type NoteListenerOptions, type ReceivedNoteObject } from "./notes.ts";
export { createPacs, type Pacs, type PacsOptions, type RequestOptions } from "./pacs.ts";
export { type ProbeOptions, type ProbeResult, probePacs } from "./probe.ts";
export type { FindingCode } from "./probe-findings.ts";
export { defaultProfile, type PacsProfile, type RetrieveMethod } from "./profile.ts";
export type { Level } from "./queries.ts";
export type { ExpectedInstance, IncomingInstance, RetrieveOutcome, RetrieveRequest } from "./retrieve/model.ts";
export {
  createStorageListener,
  type Sender,
  type StorageListener,
  type StorageListenerOptions,
} from "./retrieve/storage-listener.ts";
export { type SearchLimits, searchLimits } from "./search.ts";
export type { Speed, SpeedTestOptions } from "./speed/measure.ts";
export { type SpeedTest, testSpeed } from "./speed/speed.ts";
