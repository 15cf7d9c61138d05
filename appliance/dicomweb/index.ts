/** DICOM over HTTP: what is asked, in which form it is wanted, how it is written and read (PS3.18). */
export { type MediaRange, parseAccept } from "./accept.ts";
export { type CapabilitiesOptions, capabilities, wadl } from "./capabilities.ts";
export { dicomwebErrors } from "./errors.ts";
export { frameTypeOf, OCTET_STREAM, syntaxesOf } from "./frame-types.ts";
export { type MediaType, parseMediaType } from "./media-type.ts";
export { type Part, readMultipart } from "./multipart-reader.ts";
export { createMultipart, type MultipartOptions, type MultipartWriter } from "./multipart-writer.ts";
export {
  ANY_SYNTAX,
  NETWORK_SYNTAXES,
  type NegotiateOptions,
  negotiate,
  preferredOf,
  type Representation,
} from "./negotiate.ts";
export { parsePath, type Resource } from "./path.ts";
export { type Route, routes, type What } from "./routes.ts";
