/** DICOM over HTTP: what is asked, in which form it is wanted, how it is written (PS3.18). */
export { type CapabilitiesOptions, capabilities, routes, wadl } from "./capabilities.ts";
export { dicomwebErrors } from "./errors.ts";
export { frameTypeOf, OCTET_STREAM } from "./frame-types.ts";
export { type MediaRange, parseAccept } from "./media-range.ts";
export { createMultipart, type MultipartWriter } from "./multipart-writer.ts";
export { ANY_SYNTAX, negotiate, type Representation } from "./negotiate.ts";
export { parsePath, type Resource } from "./path.ts";
