/** From the bytes of a header to its characters. UTF-8 is the rule (CI-SIS structure minimale); reading tolerates more. */
import { isUtf8 } from "node:buffer";
import { fault } from "./errors.ts";

/** Declared names, as the web platform knows them; ISO 8859-1 is read as Windows-1252, its superset in text. */
const decoders = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["iso-8859-1", "windows-1252"],
  ["latin1", "windows-1252"],
  ["windows-1252", "windows-1252"],
  ["iso-8859-15", "iso-8859-15"],
]);

/** An XML declaration has 60 characters; one that does not end within these bytes is refused, not ignored. */
const DECLARATION = 1024;

/**
 * The encoding of a document: declared, or UTF-8. `CDA_ENCODING` when it is another, when the bytes are not of it, or
 * contradict it by a byte order mark or by the NUL bytes of UTF-16.
 */
export function encodingOf(document: Buffer): string {
  const start = document.toString("latin1", 0, DECLARATION);
  const [, mark, declaration] = /^(\xef\xbb\xbf)?\s*(<\?xml\s.*?(?:\?>|$))?/s.exec(start) ?? [];
  if (declaration?.endsWith("?>") === false || start.includes("\0")) throw fault("CDA_ENCODING");
  const name = /\sencoding\s*=\s*["']([^"']*)["']/.exec(declaration ?? "")?.[1];
  const encoding = decoders.get((name ?? "utf-8").toLowerCase());
  const utf8 = encoding === "utf-8";
  if (encoding === undefined || (utf8 ? !isUtf8(document) : mark !== undefined)) throw fault("CDA_ENCODING");
  return encoding;
}

/** The text of the header, without byte order mark and blanks before the first markup. */
export function decode(header: Buffer, encoding: string): string {
  return new TextDecoder(encoding).decode(header).trimStart();
}

/** What Windows-1252 has at 0x80-0x9F; the code points of the other bytes are the bytes. */
const windows1252 = new Map(
  Array.from({ length: 32 }, (_, i) => 0x80 + i).map((byte) => [
    new TextDecoder("windows-1252").decode(Uint8Array.of(byte)),
    byte,
  ]),
);

/**
 * Text that was encoded in UTF-8 twice, as it was meant: `Ã©` becomes `é`. Text that is not the Windows-1252 reading of
 * valid UTF-8 is returned as it is, so no correct French text changes.
 */
export function undoDoubleEncoding(text: string): string {
  if (!/[\u00c2-\u00f4][\u0080-\uffff]/.test(text)) return text;
  const bytes = Array.from(text, (character) => windows1252.get(character) ?? character.codePointAt(0) ?? 0);
  if (bytes.some((byte) => byte > 0xff)) return text;
  const meant = Buffer.from(bytes);
  return isUtf8(meant) ? meant.toString("utf8") : text;
}
