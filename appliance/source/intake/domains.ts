import type { CodedError } from "../../base/index.ts";
import type { Order } from "../../cda/index.ts";
import { sourceErrors } from "../errors.ts";
import type { LocalIdentity } from "./identity.ts";

/** The domains of one PACS of the site (DB.SO.04): an empty list says nothing, and fits everything. */
export interface Domains {
  /** Name of the PACS. */
  readonly pacs: string;
  /** OIDs of the patient identifiers that it files studies under. */
  readonly patient: readonly string[];
  /** OIDs of the accession numbers that it knows. */
  readonly accession: readonly string[];
}

/** A PACS that may hold the study, and what it must be filed under there. */
export interface Candidate {
  readonly pacs: string;
  readonly ipp: LocalIdentity;
  readonly accessions: readonly string[];
}

/**
 * Which PACS may hold the study of a report, each with the patient identifier and the accession numbers of its own
 * domains: a number is compared with that of its issuer only. Nothing is chosen by position: two local identifiers that no
 * configured domain tells apart are a fault, and so is a report that no PACS is configured for.
 */
export function candidatesOf(
  ipps: readonly LocalIdentity[],
  orders: readonly Order[],
  domains: readonly Domains[],
): { readonly candidates: readonly Candidate[]; readonly faults: readonly CodedError[] } {
  const candidates: Candidate[] = [];
  let ambiguous = false;
  for (const { pacs, patient, accession } of domains) {
    const fitting = ipps.filter(({ oid }) => patient.length === 0 || patient.includes(oid));
    const accessions = orders.flatMap(({ accession: number }) =>
      number?.extension !== undefined && (accession.length === 0 || accession.includes(number.root))
        ? [number.extension]
        : [],
    );
    if (fitting.length > 1) ambiguous = true;
    const [ipp] = fitting;
    if (fitting.length !== 1 || ipp === undefined || accessions.length === 0) continue;
    candidates.push({ pacs, ipp, accessions: [...new Set(accessions)] });
  }
  const certain = new Set(ipps.map(({ oid }) => oid)).size === ipps.length;
  const faults =
    candidates.length > 0 || !certain || ipps.length === 0 || orders.length === 0
      ? []
      : [sourceErrors.fault(ambiguous ? "SOURCE_IPP_AMBIGUOUS" : "SOURCE_NO_PACS_FOR_DOMAIN", { values: text() })];
  return { candidates, faults };

  function text() {
    return {
      ipp: ipps.map(({ value, oid }) => `${value} (${oid})`).join(" "),
      accessions: orders.map(({ accession: id }) => `${id?.extension ?? "-"} (${id?.root ?? "-"})`).join(" "),
    };
  }
}
