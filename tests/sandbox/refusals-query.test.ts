/** ITI-18: how strictly a stored query must be written. */
import { describe, expect, it } from "vitest";
import { useStand } from "./refusals.ts";
import {
  APPROVED,
  accession,
  askerOf,
  entry,
  events,
  FIND,
  FIND_BY_REFERENCE,
  GET,
  KOS,
  PATIENT,
  references,
  type Slot,
  STATUS,
} from "./stored-queries.ts";
import { INS, PATIENT_ID, storedQuery } from "./submission.ts";

const ask = askerOf(useStand());

const ERROR = "XDSRegistryError";
const MISSING = "XDSStoredQueryMissingParam";
const NUMBER = "XDSStoredQueryParamNumber";
const find = (...slots: Slot[]) => storedQuery(FIND, "LeafClass", PATIENT, ...slots);
const secondValue = (query: string, value: string) =>
  query.replace(/<\/Value>(?!.*<\/Value>)/s, `</Value><Value>${value}</Value>`);

describe("a stored query is refused for", () => {
  it.each<[string, string, string, RegExp]>([
    [
      "an id nobody knows",
      storedQuery("urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9", "LeafClass", PATIENT),
      "XDSUnknownStoredQuery",
      /not known/,
    ],
    ["no status", find(), MISSING, /Status is missing/],
    ["no patient", storedQuery(FIND, "LeafClass", STATUS), MISSING, /PatientId is missing/],
    [
      "no reference, where one is searched",
      storedQuery(FIND_BY_REFERENCE, "LeafClass", PATIENT, STATUS),
      MISSING,
      /ReferenceIdList is missing/,
    ],
    ["neither uniqueId nor entryUUID", storedQuery(GET, "ObjectRef"), MISSING, /either EntryUUID or UniqueId/],
    [
      "both uniqueId and entryUUID",
      storedQuery(
        GET,
        "ObjectRef",
        entry("UniqueId", "('1.2')"),
        entry("EntryUUID", "('urn:uuid:00000000-0000-4000-8000-000000000000')"),
      ),
      NUMBER,
      /both given/,
    ],
    [
      "a patient without quotes",
      storedQuery(FIND, "LeafClass", entry("PatientId", PATIENT_ID), STATUS),
      NUMBER,
      /'value' is expected/,
    ],
    [
      "a patient in a list",
      storedQuery(FIND, "LeafClass", entry("PatientId", `('${PATIENT_ID}')`), STATUS),
      NUMBER,
      /'value' is expected/,
    ],
    [
      "two patients",
      storedQuery(FIND, "LeafClass", entry("PatientId", `'${PATIENT_ID}','${PATIENT_ID}'`), STATUS),
      NUMBER,
      /2 values/,
    ],
    ["the INS alone", storedQuery(FIND, "LeafClass", entry("PatientId", `'${INS}'`), STATUS), NUMBER, /INS\^\^\^/],
    [
      "the patient of another",
      storedQuery(FIND, "LeafClass", entry("PatientId", PATIENT[1].replace("285", "185")), STATUS),
      "XDSPatientIdDoesNotMatch",
      /VIHF/,
    ],
    ["a list without parentheses", find(entry("Status", `'${APPROVED}'`)), NUMBER, /\('value',\.\.\.\)/],
    ["a list without quotes", find(entry("Status", `(${APPROVED})`)), NUMBER, /\('value',\.\.\.\)/],
    ["a list that is not closed", find(entry("Status", `('${APPROVED}'`)), NUMBER, /\('value',\.\.\.\)/],
    ["a list with nothing in it", find(entry("Status", "()")), NUMBER, /\('value',\.\.\.\)/],
    ["a quote that is not doubled", find(STATUS, entry("TypeCode", "('IMG'KOS^^1.2')")), NUMBER, /TypeCode/],
    ["a status that is none", find(entry("Status", "('Approved')")), NUMBER, /a status/],
    ["the status given twice", find(STATUS, STATUS), NUMBER, /given twice/],
    ["a type given twice, of which a document has one", find(STATUS, KOS, KOS), NUMBER, /given twice/],
    ["a code without scheme", find(STATUS, entry("TypeCode", "('IMG-KOS')")), NUMBER, /code\^\^scheme/],
    ["a code with one circumflex", find(STATUS, events("CT^1.2.840.10008.2.16.4")), NUMBER, /code\^\^scheme/],
    ["a code with its display name", find(STATUS, events("CT^Scanner^1.2.840.10008.2.16.4")), NUMBER, /code\^\^scheme/],
    ["a time in quotes", find(STATUS, entry("CreationTimeFrom", "'20260112'")), NUMBER, /unquoted/],
    ["a time with dashes", find(STATUS, entry("CreationTimeFrom", "2026-01-12")), NUMBER, /YYYY/],
    ["a thirteenth month", find(STATUS, entry("CreationTimeTo", "202613")), NUMBER, /YYYY/],
    ["two times", secondValue(find(STATUS, entry("CreationTimeTo", "2026")), "2027"), NUMBER, /2 values/],
    [
      "an end before its start",
      find(STATUS, entry("CreationTimeFrom", "2026"), entry("CreationTimeTo", "2025")),
      ERROR,
      /after its To/,
    ],
    [
      "a reference of another type",
      storedQuery(
        FIND_BY_REFERENCE,
        "LeafClass",
        PATIENT,
        STATUS,
        references("1^^^&1.2&ISO^urn:ihe:iti:xds:2013:uniqueId"),
      ),
      NUMBER,
      /JDV_J231/,
    ],
    [
      "an accession number alone",
      storedQuery(FIND_BY_REFERENCE, "LeafClass", PATIENT, STATUS, references("ACC-26-0001")),
      NUMBER,
      /JDV_J231/,
    ],
    [
      "a reference, where documents are searched",
      find(STATUS, references(accession("ACC-26-0001"))),
      ERROR,
      /no such parameter/,
    ],
    [
      "a filter, where documents are named",
      storedQuery(GET, "LeafClass", entry("UniqueId", "('1.2')"), KOS),
      ERROR,
      /no such parameter/,
    ],
    ["a parameter that does not exist", find(STATUS, entry("Modality", "('CT')")), ERROR, /no such parameter/],
    ["a name without its dollar", find(STATUS, ["XDSDocumentEntryTypeCode", KOS[1]]), ERROR, /no such parameter/],
    ["a Slot without value", find(STATUS, KOS).replace(/<Value>[^<]*<\/Value>(?!.*<Value>)/s, ""), NUMBER, /no value/],
    ["whole registries", storedQuery(FIND, "RegistryObject", PATIENT, STATUS), ERROR, /returnType/],
    [
      "no returnComposedObjects",
      find(STATUS).replace(' returnComposedObjects="true"', ""),
      ERROR,
      /returnComposedObjects/,
    ],
    [
      "options after the query",
      find(STATUS).replace(/(<query:ResponseOption [^>]*>)(<AdhocQuery.*<\/AdhocQuery>)/, "$2$1"),
      ERROR,
      /then one AdhocQuery/,
    ],
    ["two queries", find(STATUS).replace(/(<AdhocQuery.*<\/AdhocQuery>)/, "$1$1"), ERROR, /then one AdhocQuery/],
  ])("%s", async (_, query, code, reason) => {
    const reply = await ask(query);
    expect(reply).toMatchObject({ status: 200, outcome: "Failure" });
    expect.soft(reply.reasons.join("\n")).toMatch(reason);
    expect(new Set(reply.codes)).toEqual(new Set([code]));
  });
});
