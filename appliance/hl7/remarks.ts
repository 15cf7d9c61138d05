/** What a sender may do besides the profile while the meaning stays certain: accepted, and told by one of these. */
export type RemarkCode =
  /** Something stands before MSH: a byte order mark, blank lines. */
  | "HL7_BEFORE_MSH"
  /** Control characters stand after the last segment. */
  | "HL7_AFTER_LAST_SEGMENT"
  /** Segments end with LF or CR LF, not CR. */
  | "HL7_SEGMENT_END"
  /** MSH-18 is empty; the sender's default was taken. */
  | "HL7_CHARSET_NOT_DECLARED"
  /** MSH-18 names a known set by another name than table 0211. */
  | "HL7_CHARSET_SPELLING"
  /** MSH-18 (or the sender's default) is not UTF-8 and the bytes are. */
  | "HL7_CHARSET_CONTRADICTED"
  | "HL7_COUNTRY_NOT_FRA"
  /** MSH-7 does not say at least the minute. */
  | "HL7_SENT_AT_UNKNOWN"
  | "HL7_VERSION_OF_ANOTHER_FAMILY"
  /** HL7 2.3, 2.3.1 or 2.4. */
  | "HL7_VERSION_OLD"
  /** MSH-21 is empty; the document proves the profile. */
  | "HL7_PROFILE_NOT_DECLARED"
  | "HL7_PROFILE_NOT_NAMED"
  /** The name in MSH-21 is written otherwise, or its two parts are exchanged. */
  | "HL7_PROFILE_SPELLING"
  /** A value of a table is in lower case. */
  | "HL7_LOWER_CASE"
  /** PID-7 is written YYYY-MM-DD. */
  | "HL7_DATE_FORM"
  | "HL7_VISIT_ABSENT"
  | "HL7_SENDER_ABSENT"
  /** ORC-1 is absent or says "results" (RE); a final result is a new report. */
  | "HL7_ORDER_CONTROL_ABSENT"
  /** TXA-12, or TXA-13 of a replacement, is empty; the CDA says it. */
  | "HL7_TRANSCRIPTION_ID_ABSENT"
  /** A deletion without its document, which TXA-12 names. */
  | "HL7_DELETED_BY_ID"
  /** OBX-2 is not ED; the text is certainly a CDA. */
  | "HL7_DOCUMENT_IN_TEXT"
  /** OBX-5 is not `^TEXT^XML^Base64^...`; what it holds is certainly a CDA. */
  | "HL7_DOCUMENT_FORM"
  | "HL7_BASE64_PADDING"
  /** Another document beside the CDA, certainly none itself: the same report as PDF. */
  | "HL7_OTHER_DOCUMENT_IGNORED"
  /** MODIF_CONF_CODE is Y in a deletion; it is taken as N. */
  | "HL7_VISIBILITY_OF_DELETION"
  | "HL7_METADATA_OLD_NAME"
  | "HL7_METADATA_UNKNOWN";

/** A code and a place, never a value. */
export interface Remark {
  readonly code: RemarkCode;
  readonly where: string;
}
