import type { CodedError } from "../base/index.ts";
import type { FoundStudy } from "../pacs/index.ts";
import type { Exam } from "../store/index.ts";
import { sourceErrors } from "./errors.ts";

/**
 * Are these images those of the report? The patient identifier in the PACS must be the report's IPP, and the
 * accession number of the images one of those of the report (DB.SO.16, DB.SO.17). Values are compared as they stand,
 * blanks around them aside. Gives the first fault, with both values, or undefined.
 */
export function mismatch(exam: Exam, study: FoundStudy): CodedError | undefined {
  if (study.patientID !== exam.ipp) {
    return sourceErrors.fault("SOURCE_IPP_MISMATCH", {
      values: { report: exam.ipp ?? "", pacs: study.patientID, name: study.pacs },
    });
  }
  if (!exam.accessions.includes(study.accessionNumber)) {
    return sourceErrors.fault("SOURCE_ACCESSION_MISMATCH", {
      values: { report: exam.accessions.join(" "), pacs: study.accessionNumber, name: study.pacs },
    });
  }
  return undefined;
}
