/** Data sets in the DICOM JSON model (PS3.18 annex F). */
export { type JsonOptions, toJson } from "./writer.ts";
