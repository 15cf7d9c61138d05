import { fault } from "./errors.ts";

/** Longest values in characters, not bytes (PS3.5 table 6.2-1). */
export const SH_LENGTH = 16;
export const LO_LENGTH = 64;
const PN_LENGTH = 64;

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]+/g;

/** Text as DICOM writes it: composed (so that `é` is one character of Latin-1), without lone surrogates or controls. */
function plain(value: string): string {
  return value.toWellFormed().normalize("NFC").replace(CONTROLS, " ").trim();
}

/**
 * A description that fits: shortened to `limit` characters, and without the backslash, which would make two values of
 * it. Only for texts that a person reads, never for an identifier.
 */
export function description(value: string | undefined, limit: number): string {
  const characters = [...plain(value ?? "").replaceAll("\\", "/")];
  return characters.slice(0, limit).join("").trimEnd();
}

/** True for a value of at most `limit` characters that DICOM can carry unchanged. */
export function fits(value: string, limit: number): boolean {
  return value !== "" && !value.includes("\\") && plain(value) === value.normalize("NFC") && [...value].length <= limit;
}

/** An identifier, unchanged but for surrounding spaces, or `KOS_IDENTIFIER_INVALID`: a shortened one would be another's. */
export function identifier(value: string, limit: number, where: string): string {
  const trimmed = value.trim();
  if (!fits(trimmed, limit)) throw fault("KOS_IDENTIFIER_INVALID", { where, details: { limit } });
  return trimmed;
}

/**
 * A UID as its owner wrote it, without padding. Components with leading zeros are against PS3.5 9.1 but exist in archives
 * and name the instance all the same: they are kept.
 */
export function uid(value: string, where: string): string {
  const trimmed = value.replace(/[\0 ]+$/, "");
  if (!/^[0-9.]{1,64}$/.test(trimmed)) throw fault("KOS_UID_INVALID", { where });
  return trimmed;
}

/**
 * `family^given` (PS3.5 6.2.1); `KOS_PATIENT_INVALID` without family name or when a component holds a delimiter.
 *
 * French civil status allows longer names than a PN: the given name is shortened first, then the family name. Nobody could
 * correct it, and the exam would never be seen; who the patient is, the INS says.
 */
export function personName(familyName: string, givenName: string, where: string): string {
  const components = [plain(familyName), plain(givenName)];
  if (components.some((component) => /[\^=\\]/.test(component)) || components[0] === "")
    throw fault("KOS_PATIENT_INVALID", { where });
  // One character is kept for the delimiter.
  const [family = "", given = ""] = components;
  const shortened = description(family, PN_LENGTH - 1);
  return `${shortened}^${description(given, PN_LENGTH - 1 - [...shortened].length)}`;
}

/** A name that the PACS gives (PN, up to three component groups), each group shortened to what PN allows. */
export function physicianName(value: string | undefined): string {
  const groups = (value ?? "").split("=", 3).map((group) => description(group, PN_LENGTH));
  return groups.join("=").replace(/=+$/, "");
}

/** A date as DA, from `YYYYMMDD` or the older `YYYY.MM.DD`; empty when it is no day of the calendar. */
export function date(value: string | undefined): string {
  const [, year = "", month = "", day = ""] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(value?.trim() ?? "") ?? [];
  const real = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return year !== "" && real.getUTCMonth() === Number(month) - 1 && real.getUTCDate() === Number(day)
    ? year + month + day
    : "";
}

/** A time as TM, from `HH[MM[SS[.F]]]` or the older form with colons; empty when it is no time of day. */
export function time(value: string | undefined): string {
  const compact = (value ?? "").trim().replaceAll(":", "");
  return /^([01]\d|2[0-3])([0-5]\d(([0-5]\d|60)(\.\d{1,6})?)?)?$/.test(compact) ? compact : "";
}
