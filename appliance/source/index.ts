/** The source function: a report comes in, the manifest of its study goes out. */

export { sourceErrors } from "./errors.ts";
export { retryDelay } from "./exam/delay.ts";
export { examStates } from "./exam/states.ts";
export { type ImageService, type ImageServiceOptions, openImageService } from "./images/service.ts";
export { readSenders, type Sender, type Senders } from "./intake/senders.ts";
export type { ExamLink, LinkedExam, Links } from "./link/links.ts";
export { createSource, type Source, type SourceOptions } from "./source.ts";
export {
  type JobRunner,
  jobKinds,
  manifestAddress,
  type Rehearsal,
  type Replayed,
  type Tools,
  toolErrors,
  type WorkingHours,
} from "./tools/index.ts";
export { Destination } from "./work/destination.ts";
