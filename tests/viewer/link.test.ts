import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { parseLink, queryOf } from "../../appliance/viewer/link.ts";

const UID = "1.2.250.1.59.40211.12345678.678523";
const least = { requestType: "STUDY", studyUID: UID, accessionNumber: "ACC-26-0001", idCDA: "1.2.250.1.213.1.2" };
const query = (changes: Record<string, string | undefined>) =>
  Object.entries({ ...least, ...changes })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join("&");
const invalid = (parameter: string) => expect.objectContaining({ code: "VIEWER_LINK_INVALID", details: { parameter } });

describe("the link of a report", () => {
  it("is that of the specification (VI_SO.07)", () => {
    expect(parseLink(query({}))).toEqual({
      requestType: "STUDY",
      studyInstanceUID: UID,
      accessionNumber: "ACC-26-0001",
      documentId: "1.2.250.1.213.1.2",
    });
  });

  it.each<[string, Record<string, string | undefined>, Record<string, string>]>([
    ["SERIES, with no series named", { requestType: "SERIES" }, { requestType: "SERIES" }],
    ["SERIES, with one", { requestType: "SERIES", seriesUID: "1.2.3" }, { seriesInstanceUID: "1.2.3" }],
    [
      "Accessionnumber, as CI-SIS writes it",
      { accessionNumber: undefined, Accessionnumber: "A7" },
      { accessionNumber: "A7" },
    ],
    [
      "an accession number after the OID of its authority",
      { accessionNumber: "1.2.3.A7" },
      { accessionNumber: "1.2.3.A7" },
    ],
    ["an accession number with a space and signs", { accessionNumber: " A 7/é+ " }, { accessionNumber: "A 7/é+" }],
    ["root_extension, as the demonstrator writes it", { idCDA: "1.2.3_CR-7" }, { documentId: "1.2.3^CR-7" }],
    ["root^extension", { idCDA: "1.2.3^CR_7" }, { documentId: "1.2.3^CR_7" }],
    ["root_ of a document without extension", { idCDA: "1.2.3_" }, { documentId: "1.2.3" }],
    [
      "a UUID",
      { idCDA: "6F9619FF-8B86-D011-B42D-00C04FC964FF" },
      { documentId: "6F9619FF-8B86-D011-B42D-00C04FC964FF" },
    ],
    ["a UID with leading zeros, as some peers write them", { studyUID: "1.02.003" }, { studyInstanceUID: "1.02.003" }],
    [
      "wishes of RAD-106, which change nothing",
      { viewerType: "IHE_BIR", diagnosticQuality: "true", keyImagesOnly: "" },
      {},
    ],
  ])("may be written with %s", (_, changes, read) => {
    expect(parseLink(query(changes))).toMatchObject(read);
  });

  it.each<[string, string, string]>([
    ["nothing", "", "requestType"],
    ["no request type", query({ requestType: undefined }), "requestType"],
    ["a request type in small letters", query({ requestType: "study" }), "requestType"],
    ["a request type of patients", query({ requestType: "PATIENT" }), "requestType"],
    ["no study", query({ studyUID: undefined }), "studyUID"],
    ["an empty study", query({ studyUID: "" }), "studyUID"],
    ["two studies in one", query({ studyUID: `${UID},${UID}` }), "studyUID"],
    ["a wild card", query({ studyUID: "1.2.*" }), "studyUID"],
    ["a study of one component", query({ studyUID: "12" }), "studyUID"],
    ["a study with an empty component", query({ studyUID: "1..2" }), "studyUID"],
    ["a study that ends with a dot", query({ studyUID: "1.2." }), "studyUID"],
    ["a study of 65 characters", query({ studyUID: `1.${"2".repeat(63)}` }), "studyUID"],
    ["a study with a line feed", query({ studyUID: "1.2\n" }), "studyUID"],
    ["a study twice", `${query({})}&studyUID=${UID}`, "studyUID"],
    ["a series in a request for a study", query({ seriesUID: "1.2.3" }), "seriesUID"],
    ["a malformed series", query({ requestType: "SERIES", seriesUID: "x" }), "seriesUID"],
    ["no accession number", query({ accessionNumber: undefined }), "accessionNumber"],
    ["an accession number of blanks", query({ accessionNumber: " \u00a0 " }), "accessionNumber"],
    ["an accession number under two spellings", `${query({})}&Accessionnumber=B`, "accessionNumber"],
    ["an accession number with a backslash", query({ accessionNumber: "A\\B" }), "accessionNumber"],
    ["an accession number with a NUL", query({ accessionNumber: "A\0" }), "accessionNumber"],
    ["an accession number without end", query({ accessionNumber: "A".repeat(97) }), "accessionNumber"],
    ["no document", query({ idCDA: undefined }), "idCDA"],
    ["a document that is a path", query({ idCDA: "../../etc" }), "idCDA"],
    ["a document that is markup", query({ idCDA: "<script>" }), "idCDA"],
    ["a parameter in another case", query({ studyUID: undefined, StudyUID: UID }), "?"],
    ["a parameter that nobody knows", `${query({})}&patientID=1`, "?"],
    ["a parameter of every object", `${query({})}&__proto__=1&constructor=2`, "?"],
    ["a wish that is markup", query({ viewerType: "<b>" }), "viewerType"],
    ["more than a link needs", `${query({})}&viewerType=${"a".repeat(1024)}`, "…"],
  ])("is refused with %s", (_, text, parameter) => {
    expect(() => parseLink(text)).toThrow(invalid(parameter));
  });

  it("is written as it was read", () => {
    for (const changes of [
      {},
      { idCDA: "1.2.3_A^B_C" },
      { requestType: "SERIES", seriesUID: "1.2.9" },
      { accessionNumber: "é & =" },
    ])
      expect(parseLink(queryOf(parseLink(query(changes))))).toEqual(parseLink(query(changes)));
  });

  it("of any bytes is read or refused with its one code, and the refusal repeats nothing of it", () => {
    const name = fc.constantFrom("requestType", "studyUID", "accessionNumber", "idCDA", "x");
    const pair = fc
      .tuple(fc.oneof(name, fc.string()), fc.oneof(fc.string(), fc.constantFrom("STUDY", UID)))
      .map((two) => two.join("="));
    const text = fc.oneof(
      fc.string({ maxLength: 2000 }),
      fc.array(pair, { maxLength: 8 }).map((pairs) => pairs.join("&")),
    );
    fc.assert(
      fc.property(text, (bytes) => {
        try {
          expect(parseLink(bytes).studyInstanceUID).toMatch(/^[\d.]+$/);
        } catch (error) {
          if (!(error instanceof CodedError)) throw error;
          expect(error.code).toBe("VIEWER_LINK_INVALID");
          expect(["requestType", "studyUID", "accessionNumber", "idCDA", "?", "…"]).toContain(error.details.parameter);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
