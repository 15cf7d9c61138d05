/** Who did what: records of events, the care of the trail, its messages to an outside repository (ATNA). */
export type { Destination } from "./delivery.ts";
export {
  type AuditDesk,
  type AuditQuery,
  auditQuery,
  createAuditDesk,
  type ShownRecord,
  type VerifyQuery,
  verifyQuery,
} from "./desk.ts";
export { auditErrors } from "./errors.ts";
export { type AuditEventName, auditEvents } from "./events.ts";
export { createAuditExporter, type Exporter, type ExporterOptions } from "./exporter.ts";
export { createAuditKeeper, type Keeper } from "./keeper.ts";
export { type AuditSource, toAuditMessage } from "./message.ts";
export * from "./records.ts";
export { type Verdict, verifyTrail } from "./verify.ts";
