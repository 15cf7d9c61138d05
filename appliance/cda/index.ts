/** The header of an imaging report (CDA R2). */
export { cdaErrors } from "./errors.ts";
export { type HeaderLimits, type HeaderOptions, readReportHeader } from "./header.ts";
export { INS_C_OID, INS_OIDS, isValidInsKey } from "./ins.ts";
export type * from "./model.ts";
export { MAX_DEPTH } from "./outline.ts";
