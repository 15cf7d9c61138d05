import { xdmErrors } from "./errors.ts";
import { MAX_MANIFESTS, MAX_SUBMISSIONS } from "./limits.ts";
import type { Month } from "./model.ts";

/**
 * Names on the media (ITI TF-2 3.32.4.1.2.2): upper case, 8.3, as ISO 9660 level 1 has them. The folders and the files
 * are those of the ANS example; the first number of its `KOS_n_m` counts submissions inside one folder and is always 1,
 * because a running number would not fit in eight characters.
 */
export const ROOT = "IHE_XDM";
export const INDEX = "INDEX.HTM";
export const README = "README.TXT";
export const METADATA = "METADATA.XML";
export const REPORTS = "CR.TXT";
export const SIGNATURE = "SIGN_1.XML";

/** `KA202611`, the name of a month's archive without `.ZIP`. */
export function archiveName({ year, month }: Month): string {
  return `KA${String(year).padStart(4, "0")}${String(month).padStart(2, "0")}`;
}

/** `SS000001` for 1. Throws XDM_TOO_MANY. */
export function submissionFolder(number: number): string {
  if (number > MAX_SUBMISSIONS) throw xdmErrors.fault("XDM_TOO_MANY", { details: { what: "submissions" } });
  return `SS${String(number).padStart(6, "0")}`;
}

/** `KOS_1_1.DCM` for 1. Throws XDM_TOO_MANY. */
export function manifestName(number: number): string {
  if (number > MAX_MANIFESTS) throw xdmErrors.fault("XDM_TOO_MANY", { details: { what: "manifests" } });
  return `KOS_1_${number}.DCM`;
}
