/// <reference lib="esnext.typedarrays" />
/** The document out of its observation: ED, `^TEXT^XML^Base64^data` (profile 1.5), and what is written for it. */
import { HEAD_BYTES } from "./content.ts";
import { fault } from "./errors.ts";
import type { Remark } from "./model.ts";
import type { Repetition, Segment } from "./segment.ts";

/** Base64 text as it stands in OBX-5. */
export interface EncodedDocument {
  readonly text: Buffer;
  readonly escape: number;
  readonly where: string;
  /** Under the prefix of the profile, in any case. Under another, only a document that proves to be a CDA is one. */
  readonly asProfiled: boolean;
}

/** Longest word of the prefix; the longest prefix has four of them. */
const MAX_WORD = 32;
/** Components in which the word Base64 is looked for: ED has five. */
const PREFIX = [1, 2, 3, 4];

/**
 * The base64 of OBX-5: after the component that says Base64, wherever it stands, or the whole field when it has no
 * components. Errors: `HL7_NO_DOCUMENT`, `HL7_SEVERAL_DOCUMENTS`, `HL7_DOCUMENT_ENCODING`.
 */
export function findEncoded(obx: Segment): EncodedDocument {
  const [data, another] = obx.repetitions(5);
  if (data === undefined) throw fault("HL7_NO_DOCUMENT", { where: obx.where(5) });
  if (another !== undefined) throw fault("HL7_SEVERAL_DOCUMENTS", { where: another.where });
  const { escape: mark, component: separator } = data.separators;
  if (!data.bytes.includes(separator)) return { text: data.bytes, escape: mark, where: data.where, asProfiled: false };

  const said = PREFIX.find((component) => word(data, component) === "base64");
  if (said === undefined) throw fault("HL7_DOCUMENT_ENCODING", { where: `${data.where}.4` });
  const text = data.raw(said + 1);
  const where = `${data.where}.${said + 1}`;
  if (text.length === 0) throw fault("HL7_NO_DOCUMENT", { where });
  const asProfiled = said === 4 && word(data, 2) === "text" && word(data, 3) === "xml";
  return { text, escape: mark, where, asProfiled };
}

/** True when OBX-5 holds nothing, or a prefix and nothing after it. */
export function isEmpty(obx: Segment): boolean {
  const { bytes, separators } = obx.first(5);
  return bytes.length === 0 || (bytes.length < 4 * MAX_WORD && bytes.at(-1) === separators.component);
}

/** A component of the prefix; one that is as long as a document is none. */
function word(data: Repetition, component: number): string {
  return data.raw(component).length > MAX_WORD ? "" : data.value(component).toLowerCase();
}

/**
 * The document, base64 removed. White space and `\.br\`, `\X0D\`, `\X0A\` between lines are removed; then the alphabet
 * is strict. Padding left out at the end is accepted and remarked: an official sample of the profile has none.
 *
 * Errors: `HL7_NO_DOCUMENT`, `HL7_DOCUMENT_ENCODING`, `HL7_DOCUMENT_TOO_LARGE`.
 */
export function decodeDocument(encoded: EncodedDocument, limit: number, remarks: Remark[]): Uint8Array {
  const { where } = encoded;
  const text = withoutLineEnds(encoded.text.toString("latin1"), String.fromCharCode(encoded.escape));
  const document = fromBase64(text, where, remarks);
  if (document.length === 0) throw fault("HL7_NO_DOCUMENT", { where });
  if (document.length > limit) throw fault("HL7_DOCUMENT_TOO_LARGE", { where, details: { limit } });
  return document;
}

/** The first bytes of the document, to tell what it is; empty when they are no base64. */
export function decodeHead(encoded: EncodedDocument): Uint8Array {
  const mark = String.fromCharCode(encoded.escape);
  const start = encoded.text.toString("latin1", 0, HEAD_BYTES);
  const lines = start.split(mark).filter((_, i) => i % 2 === 0);
  const text = lines.join("").replace(/\s/g, "");
  try {
    return Uint8Array.fromBase64(text.slice(0, text.length - (text.length % 4)));
  } catch {
    return new Uint8Array();
  }
}

/** Cut at every escape character, text and sequences alternate; one that is no line end leaves all as sent, to be refused. */
function withoutLineEnds(sent: string, mark: string): string {
  if (!sent.includes(mark)) return sent;
  const pieces = sent.split(mark);
  const kept = pieces.filter((piece, i) => i % 2 === 0 || !/^(?:\.br|X(?:0[AaDd])+)$/.test(piece));
  return kept.length === (pieces.length + 1) / 2 ? kept.join("") : sent;
}

function fromBase64(text: string, where: string, remarks: Remark[]): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    // Not well padded, or not base64 at all: the second reading tells.
  }
  try {
    const document = Uint8Array.fromBase64(text);
    remarks.push({ code: "HL7_BASE64_PADDING", where });
    return document;
  } catch (cause) {
    throw fault("HL7_DOCUMENT_ENCODING", { where, cause });
  }
}
