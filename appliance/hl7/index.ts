/** HL7 v2: MLLP, messages, acknowledgements, the profile that carries a CDA report from the RIS, imaging orders. */
export { type AckCode, type AckOptions, buildAck } from "./ack.ts";
export { type Charset, charsetNamed, decode, encode } from "./charset.ts";
export { type Condition, conditionOf } from "./conditions.ts";
export { type Hl7ErrorCode, hl7Errors } from "./errors.ts";
export { escapeText, type Separators, unescapeText } from "./escape.ts";
export { Framer, type FramerEvent, frame } from "./framer.ts";
export { MAX_SEGMENTS } from "./lines.ts";
export { Message, type ParseOptions, parseMessage } from "./message.ts";
export { createMllpClient, type MllpClient, type MllpClientOptions, sendMllp } from "./mllp-client.ts";
export {
  createMllpServer,
  type MllpLimits,
  type MllpPeer,
  type MllpServer,
  type MllpServerOptions,
} from "./mllp-server.ts";
export type * from "./model.ts";
export { readOrder } from "./order.ts";
export { type ReadMessage, readMessage } from "./read.ts";
export { type ReportOptions, readReport } from "./report.ts";
export { MAX_FIELDS, MAX_TEXT, NULL, Repetition, Segment } from "./segment.ts";
