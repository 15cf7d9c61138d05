/** A stand-in of the national record (DMP), stricter than the real one; its control port for another process. */
export { type Control, startControl } from "./control.ts";
export { FAULT_KINDS, type Fault, type FaultKind, FaultSwitch } from "./faults.ts";
export type { Policy } from "./gate.ts";
export type { RateLimit } from "./rate.ts";
export type { ManifestEvent, RegisteredDocument, RegisteredSubmission } from "./registry.ts";
export { type Dmp, type DmpOptions, startDmp } from "./server.ts";
