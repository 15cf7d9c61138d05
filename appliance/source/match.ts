import type { CodedError } from "../base/index.ts";
import type { FoundStudy } from "../pacs/index.ts";
import { sourceErrors } from "./errors.ts";
import type { LocalIdentity } from "./intake/identity.ts";

/**
 * Are these images those of the report? The patient identifier in the PACS must be the report's IPP, and the
 * accession number of the images one of those of the report (DB.SO.16, DB.SO.17). Values are compared as they stand,
 * blanks around them aside. Gives the first fault, with both values, or undefined.
 */
export function mismatch(
  report: { readonly ipp: LocalIdentity; readonly accessions: readonly string[] },
  study: FoundStudy,
): CodedError | undefined {
  if (study.patientID !== report.ipp.value) {
    return sourceErrors.fault("SOURCE_IPP_MISMATCH", {
      values: { report: report.ipp.value, pacs: study.patientID, name: study.pacs },
    });
  }
  if (!report.accessions.includes(study.accessionNumber)) {
    return sourceErrors.fault("SOURCE_ACCESSION_MISMATCH", {
      values: { report: report.accessions.join(" "), pacs: study.accessionNumber, name: study.pacs },
    });
  }
  return undefined;
}
