/// <reference lib="esnext.typedarrays" />
/** The CDA out of its observation: ED, `^TEXT^XML^Base64^data` (profile 1.5). */
import { fault } from "./errors.ts";
import type { Remark } from "./model.ts";
import type { Segment } from "./segment.ts";

/**
 * The document, base64 removed. The prefix may be written in any case (`^TEXT^XML^Base64^`, `^text^XML^Base64^`) and
 * name another type; what counts is that OBX-5.4 says Base64 and OBX-5.5 is. White space and `\.br\`, `\X0D\`, `\X0A\`
 * between lines are removed; then the alphabet is strict.
 * Padding left out at the end is accepted and remarked: an official sample of the profile has none.
 *
 * Errors: `HL7_NO_DOCUMENT`, `HL7_SEVERAL_DOCUMENTS`, `HL7_DOCUMENT_ENCODING`, `HL7_DOCUMENT_TOO_LARGE`.
 */
export function readDocument(obx: Segment, limit: number, remarks: Remark[]): Uint8Array {
  const [data, another] = obx.repetitions(5);
  if (data === undefined) throw fault("HL7_NO_DOCUMENT", { where: obx.where(5) });
  if (another !== undefined) throw fault("HL7_SEVERAL_DOCUMENTS", { where: another.where });
  if (data.value(4).toLowerCase() !== "base64") throw fault("HL7_DOCUMENT_ENCODING", { where: `${data.where}.4` });

  const where = `${data.where}.5`;
  const sent = data.raw(5).toString("latin1");
  const text = withoutLineEnds(sent, String.fromCharCode(data.separators.escape));
  const document = fromBase64(text, where, remarks);
  if (document.length === 0) throw fault("HL7_NO_DOCUMENT", { where });
  if (document.length > limit) throw fault("HL7_DOCUMENT_TOO_LARGE", { where, details: { limit } });
  return document;
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
