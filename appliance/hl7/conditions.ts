/** From our causes to the tables of the acknowledgement: 0357 (ERR-3) and 0533 as the profile lists it (ERR-5). */
import type { CodedError } from "../base/index.ts";
import type { Hl7ErrorCode } from "./errors.ts";

type Coded = readonly [code: string, text: string];

export interface Condition {
  /** Table 0357. */
  readonly code: Coded;
  /** Table 0533, indicative. */
  readonly application?: Coded;
}

const sequence: Coded = ["100", "Segment sequence error"];
const missing: Coded = ["101", "Required field missing"];
const type: Coded = ["102", "Data type error"];
const value: Coded = ["103", "Table value not found"];
const cardinality: Coded = ["198", "Non-Conformant Cardinality"];
const other: Coded = ["199", "Other HL7 Error"];
const internal: Coded = ["207", "Application internal error"];

const conditions: Readonly<Partial<Record<Hl7ErrorCode, Condition>>> = {
  HL7_NOT_A_MESSAGE: { code: sequence },
  HL7_MESSAGE_TOO_LARGE: { code: other },
  HL7_TOO_MANY_PARTS: { code: cardinality },
  HL7_CHARSET_UNKNOWN: { code: value },
  HL7_CHARSET: { code: type },
  HL7_MESSAGE_TYPE: { code: ["200", "Unsupported message type"] },
  HL7_MESSAGE_EVENT: { code: ["201", "Unsupported event code"] },
  HL7_PROCESSING_ID: { code: ["202", "Unsupported processing id"] },
  HL7_VERSION: { code: ["203", "Unsupported version id"] },
  HL7_PROFILE: { code: other, application: ["900", "Wrong profile version"] },
  HL7_SEGMENT_ORDER: { code: sequence },
  HL7_FIELD_MISSING: { code: missing },
  HL7_FIELD_TYPE: { code: type },
  HL7_FIELD_VALUE: { code: value },
  HL7_PLACEHOLDER: { code: type },
  HL7_REPEATED_SEGMENT: { code: cardinality },
  HL7_NO_DOCUMENT: { code: cardinality },
  HL7_SEVERAL_DOCUMENTS: { code: cardinality },
  HL7_DOCUMENT_ENCODING: { code: type },
  HL7_DOCUMENT_TOO_LARGE: { code: other },
  HL7_NOT_AN_IMAGING_REPORT: { code: value, application: ["906", "Other"] },
  HL7_DOCUMENT_TYPE_MISMATCH: { code: value },
  HL7_ACTION_MISMATCH: { code: value },
  HL7_REPORT_NOT_FINAL: { code: value },
  HL7_VISIBILITY_WITHOUT_REPLACEMENT: { code: value },
  HL7_DOCUMENT_NOT_CDA: { code: type },
  HL7_DOCUMENT_BY_REFERENCE: { code: type },
  HL7_ORDER_MISMATCH: { code: value },
  HL7_ORDER_WITHOUT_STUDY: { code: missing },
};

/** What ERR-3 and ERR-5 say of an error: of the CDA `102`, of any other room `207`. */
export function conditionOf(error: CodedError): Condition {
  const known = conditions[error.code as Hl7ErrorCode];
  return known ?? { code: error.code.startsWith("CDA_") ? type : internal };
}
