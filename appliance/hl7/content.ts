/** What the first bytes of a document prove, without parsing it. */

/** As much as is looked at; the prologue of a CDA (declaration, style sheet, comments) is far below. */
export const HEAD_BYTES = 48 * 1024;

/**
 * True when the root is `ClinicalDocument` of `urn:hl7-org:v3`. False means "not certain": a root after a longer
 * prologue, or in UTF-16, is not seen.
 */
export function isClinicalDocument(document: Uint8Array): boolean {
  const tag = rootTag(Buffer.from(document.subarray(0, HEAD_BYTES)).toString("latin1"));
  const root = /^<(?:([\w-]+):)?ClinicalDocument\s/.exec(tag);
  if (root === null) return false;
  const declaration = root[1] === undefined ? "xmlns" : `xmlns:${root[1]}`;
  return new RegExp(`\\s${declaration}\\s*=\\s*["']urn:hl7-org:v3["']`).test(tag);
}

/** The first start tag after byte order mark, blanks, processing instructions and comments; empty when there is none. */
function rootTag(text: string): string {
  let at = text.startsWith("\xef\xbb\xbf") ? 3 : 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
    const end = text.startsWith("<?", at) ? "?>" : text.startsWith("<!--", at) ? "-->" : undefined;
    if (end === undefined) return text.slice(at, text.indexOf(">", at) + 1);
    const found = text.indexOf(end, at);
    if (found < 0) return "";
    at = found + end.length;
  }
}

/** PDF, RTF, JPEG, PNG: what a RIS sends beside a CDA. */
const signatures = ["%PDF-", "{\\rtf", "\xff\xd8\xff", "\x89PNG"];

/** True when the document is certainly of another format than XML. */
export function isOtherFormat(document: Uint8Array): boolean {
  const head = Buffer.from(document.subarray(0, 8)).toString("latin1");
  return signatures.some((signature) => head.startsWith(signature));
}
