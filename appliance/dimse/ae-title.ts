import { fault } from "./errors.ts";

/** Application entity titles (PS3.5 6.2 VR AE, PS3.8 9.3.2): 1 to 16 characters of the default repertoire, no backslash. */
const TITLE = /^[\x20-\x5b\x5d-\x7e]{1,16}$/;

/** True for a title that is legal once its leading and trailing spaces are removed. */
export function isAETitle(title: string): boolean {
  return TITLE.test(title) && title.trim() !== "";
}

/**
 * The title without its padding spaces.
 * @throws DIMSE_INVALID_REQUEST when it is empty, too long, or holds a control character or a backslash.
 */
export function checkAETitle(title: string, where: string): string {
  if (!isAETitle(title)) throw fault("DIMSE_INVALID_REQUEST", { where, details: { problem: "AE title" } });
  return title.trim();
}

/** A title as received, safe in a log line: at most 16 characters, `?` for what is not printable. */
export function printableAETitle(title: string): string {
  return title.slice(0, 16).replace(/[^\x20-\x7e]/g, "?");
}
