/** Stored queries as a consumer writes them, slot by slot. */
import { post, type Reply } from "./post.ts";
import type { Stand } from "./refusals.ts";
import { buildQuery, PATIENT_ID } from "./submission.ts";

export type Slot = readonly [name: string, value: string];

export const FIND = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
export const FIND_BY_REFERENCE = "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492";
export const GET = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
export const APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved";
export const DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated";

export const entry = (name: string, value: string): Slot => [`$XDSDocumentEntry${name}`, value];
export const PATIENT = entry("PatientId", `'${PATIENT_ID}'`);
export const STATUS = entry("Status", `('${APPROVED}')`);
export const KOS = entry("TypeCode", "('IMG-KOS^^1.2.250.1.213.1.1.4.12')");
export const accession = (value: string, oid = "1.2.250.1.999.7.1") =>
  `${value}^^^&${oid}&ISO^urn:ihe:iti:xds:2013:accession`;
export const references = (...values: string[]) =>
  entry("ReferenceIdList", `(${values.map((one) => `'${one}'`).join(",")})`);
export const events = (...codes: string[]) =>
  entry("EventCodeList", `(${codes.map((code) => `'${code}'`).join(", ")})`);
export const CT = "CT^^1.2.840.10008.2.16.4";
export const MR = "MR^^1.2.840.10008.2.16.4";
export const THORAX = "67734004^^2.16.840.1.113883.6.96";
export const KNEE = "774007^^2.16.840.1.113883.6.96";

/** Asks the stand-in that stands now. */
export function askerOf(stand: () => Pick<Stand, "dmp" | "pki">): (query: string) => Promise<Reply> {
  return (query) => {
    const { dmp, pki } = stand();
    return post(`${dmp.url}/registry`, pki, buildQuery(dmp.url, pki, query), { client: pki.structures[0].auth });
  };
}
