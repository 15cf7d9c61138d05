import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDocuments, findDocumentsByReferenceId, getDocuments, STATUS } from "../../appliance/xds/index.ts";
import { children, parseRoot } from "../../appliance/xds/xml-read.ts";
import { hasCommand } from "../support/peers.ts";
import { sharedSamples } from "../support/samples.ts";

const samples = sharedSamples();
const canValidate = samples !== undefined && hasCommand("xmllint");

/** A query as a registry reads it: its id, its option, the values of each parameter. */
function read(xml: string): unknown {
  const [option, query] = children(parseRoot(xml));
  const slots = children(query!).map((slot) => [
    slot.getAttribute("name"),
    children(children(slot)[0]!).map((value) => value.textContent),
  ]);
  return { id: query!.getAttribute("id"), type: option!.getAttribute("returnType"), ...Object.fromEntries(slots) };
}

const patientId = "285017500000130^^^&1.2.250.1.213.1.4.10&ISO^NH";
const typeCode = { code: "11369-6", scheme: "2.16.840.1.113883.6.1" };
const formatCode = { code: "urn:ihe:rad:TEXT", scheme: "1.3.6.1.4.1.19376.1.2.3" };
const reference = "20061223^^^&1.2.5643.2&ISO^urn:ihe:iti:xds:2013:uniqueId";

describe("a stored query", () => {
  it("asks for a patient's approved documents of some types, an alternative a Value", () => {
    const classCode = { code: "31", scheme: "1.2" };
    const question = {
      patientId,
      typeCodes: [typeCode, classCode],
      classCodes: [classCode],
      formatCodes: [formatCode],
    };
    expect(read(findDocuments(question).xml)).toEqual({
      id: "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
      type: "LeafClass",
      $XDSDocumentEntryPatientId: [`'${patientId}'`],
      $XDSDocumentEntryStatus: [`('${STATUS.approved}')`],
      $XDSDocumentEntryClassCode: ["('31^^1.2')"],
      $XDSDocumentEntryTypeCode: ["('11369-6^^2.16.840.1.113883.6.1')", "('31^^1.2')"],
      $XDSDocumentEntryFormatCode: ["('urn:ihe:rad:TEXT^^1.3.6.1.4.1.19376.1.2.3')"],
    });
  });

  it.skipIf(!samples).each([
    ["typecode", () => findDocuments({ patientId: "$patient_id$", typeCodes: [typeCode] })],
    ["formatcode", () => findDocuments({ patientId: "$patient_id$", formatCodes: [formatCode] })],
    ["approved", () => findDocuments({ patientId: "$patient_id$" })],
    ["refid", () => findDocumentsByReferenceId({ patientId: "$patient_id$" }, [reference])],
  ])("says what IHE's own %s query says, but for full answers (../shared absent: skipped)", (name, make) => {
    const path = join(samples!, "xds/nist-toolkit2/iti-18/FindDocuments-11897", name, "query.xml");
    expect(read(make().xml)).toEqual({ ...(read(readFileSync(path, "utf8")) as object), type: "LeafClass" });
  });

  it.skipIf(!canValidate).each([
    ["GetDocuments", getDocuments("2.25.1")],
    ["FindDocuments", findDocuments({ patientId, statuses: Object.values(STATUS), typeCodes: [typeCode, typeCode] })],
    ["FindDocumentsByReferenceId", findDocumentsByReferenceId({ patientId }, Array(20).fill(reference))],
  ])("%s is valid against the ITI-18 schema (xmllint or ../shared absent: skipped)", (_, body) => {
    const schema = join(samples!, "schemas/ihe-xds/nist-toolkit2-v3/query.xsd");
    execFileSync("xmllint", ["--noout", "--schema", schema, "-"], { input: body.xml, stdio: "pipe" });
  });

  it("cannot be changed by a value: quotes are doubled, markup is text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("'", "a", "(", ")", ",", "<", "&") }), (value) => {
        const query = read(getDocuments(value).xml) as Record<string, string[]>;
        const [, inside] = /^\('((?:[^']|'')*)'\)$/.exec(query.$XDSDocumentEntryUniqueId![0]!) ?? [];
        expect(inside?.replaceAll("''", "'")).toBe(value);
      }),
      { numRuns: 200 },
    );
  });
});
