import type { CodedError } from "../../base/index.ts";
import type { FoundStudy } from "../../pacs/index.ts";
import { sourceErrors } from "../errors.ts";
import type { Candidate } from "../intake/domains.ts";

/**
 * Are these images those of the report? The patient identifier in the PACS must be the report's IPP in its domain, and the
 * accession number of the images one of those of the report (DB.SO.16, DB.SO.17). Values are compared as they stand,
 * blanks around them aside. Gives the first fault, with both values, or undefined.
 */
export function mismatch(candidates: readonly Candidate[], study: FoundStudy): CodedError | undefined {
  const candidate = candidates.find(({ pacs }) => pacs === study.pacs);
  if (candidate === undefined) return sourceErrors.fault("SOURCE_NO_PACS_FOR_DOMAIN", { values: { pacs: study.pacs } });
  const { ipp, accessions } = candidate;
  const { patientID, patientIDIssuerOID: issuer } = study;
  // The same number of another authority is another patient's.
  if (patientID !== ipp.value || (issuer !== undefined && issuer !== ipp.oid)) {
    const pacs = issuer === undefined ? patientID : `${patientID} (${issuer})`;
    const report = issuer === undefined ? ipp.value : `${ipp.value} (${ipp.oid})`;
    return sourceErrors.fault("SOURCE_IPP_MISMATCH", { values: { report, pacs, name: study.pacs } });
  }
  if (!accessions.includes(study.accessionNumber)) {
    return sourceErrors.fault("SOURCE_ACCESSION_MISMATCH", {
      values: { report: accessions.join(" "), pacs: study.accessionNumber, name: study.pacs },
    });
  }
  return undefined;
}
