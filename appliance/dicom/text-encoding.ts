import type { CharacterSet } from "./character-set.ts";
import { fault } from "./errors.ts";
import { singleByteSets, upperHalf } from "./single-byte.ts";

/**
 * The simplest Specific Character Set that holds every one of `texts`: undefined (ASCII, the attribute stays away), `ISO_IR 100`
 * (Latin-1) or `ISO_IR 192` (UTF-8).
 */
export function chooseCharacterSet(texts: Iterable<string>): "ISO_IR 100" | "ISO_IR 192" | undefined {
  let chosen: "ISO_IR 100" | undefined;
  for (const text of texts) {
    if (/[^\0-\xff]|[\x80-\x9f]/.test(text)) return "ISO_IR 192";
    if (/[\x80-\xff]/.test(text)) chosen = "ISO_IR 100";
  }
  return chosen;
}

/**
 * Text as bytes of `characterSet`: ASCII in any set, everything in UTF-8, and the single-byte sets. Throws
 * DICOM_TEXT_NOT_ENCODABLE when the set cannot hold it, or when only code extensions could: declare ISO_IR 192 instead.
 */
export function encodeText(text: string, characterSet: CharacterSet): Buffer {
  if (!/[^\0-\x7f]/.test(text)) return Buffer.from(text, "latin1");
  const term = characterSet.terms[0] ?? "";
  // U+FFFD stands for bytes that could not be read: writing it would make the loss look like a value.
  if (term === "ISO_IR 192" && !text.includes("\uFFFD")) return Buffer.from(text, "utf8");
  const bytes = Buffer.alloc(text.length);
  const table = singleByteSets.has(term) ? upperHalf(term) : [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const code = character < "\x80" ? character.charCodeAt(0) : 0x80 + table.indexOf(character);
    if (code === 0x7f || character === "\uFFFD") {
      throw fault("DICOM_TEXT_NOT_ENCODABLE", { details: { charset: characterSet.terms.join("\\") || "ISO_IR 6" } });
    }
    bytes[at] = code;
  }
  return bytes;
}
