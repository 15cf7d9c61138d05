import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../appliance/base/index.ts";
import { isFault, type RegistryAnswer, readAnswer } from "../../appliance/xds/index.ts";
import { sharedSamples } from "../support/samples.ts";

const samples = sharedSamples();
const SOAP = "application/soap+xml; charset=utf-8";
const RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0";

function envelope(body: string, p = { soap: "soap", rs: "rs", rim: "rim", query: "query" }): string {
  return `<${p.soap}:Envelope xmlns:${p.soap}="http://www.w3.org/2003/05/soap-envelope"><${p.soap}:Body>${body}</${p.soap}:Body></${p.soap}:Envelope>`;
}

const failure = (p: { rs: string }) => `<${p.rs}:RegistryResponse xmlns:${p.rs}="${RS}"
    status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"><${p.rs}:RegistryErrorList>
  <${p.rs}:RegistryError errorCode="XDSRegistryMetadataError" codeContext="classCode inconnu" location="DocumentKOS"
    severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error"/>
  <${p.rs}:RegistryError errorCode="urn:x:DMPClosed" codeContext="" severity="urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning"/>
</${p.rs}:RegistryErrorList></${p.rs}:RegistryResponse>`;

const found = (p: { query: string; rim: string; rs: string }) => `<${p.query}:AdhocQueryResponse
  xmlns:${p.query}="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns:${p.rim}="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
  status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success" totalResultCount="1"><${p.rim}:RegistryObjectList>
  <${p.rim}:ObjectRef id="urn:uuid:1"/>
  <${p.rim}:ExtrinsicObject id="urn:uuid:2" lid="urn:uuid:3" mimeType="application/dicom" status="urn:oasis:names:tc:ebxml-regrep:StatusType:Approved">
    <${p.rim}:Slot name="hash"><${p.rim}:ValueList><${p.rim}:Value> 5A40 </${p.rim}:Value></${p.rim}:ValueList></${p.rim}:Slot>
    <${p.rim}:Slot name="size"><${p.rim}:ValueList><${p.rim}:Value>5164</${p.rim}:Value></${p.rim}:ValueList></${p.rim}:Slot>
    <${p.rim}:ExternalIdentifier id="a" registryObject="urn:uuid:2" value="1.2.3" identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"/>
    <${p.rim}:ExternalIdentifier id="b" registryObject="urn:uuid:2" value="INS^^^&amp;1&amp;ISO^NH" identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"/>
  </${p.rim}:ExtrinsicObject></${p.rim}:RegistryObjectList></${p.query}:AdhocQueryResponse>`;

const usual = { soap: "soap", rs: "rs", rim: "rim", query: "query" };
const renamed = { soap: "S", rs: "ns2", rim: "ns4", query: "soap" };

describe("a registry answer", () => {
  it("gives every error and warning with its context and location", () => {
    expect(readAnswer(SOAP, Buffer.from(envelope(failure(usual))))).toEqual({
      status: "Failure",
      errors: [
        { code: "XDSRegistryMetadataError", context: "classCode inconnu", location: "DocumentKOS", severity: "Error" },
        { code: "DMPClosed", context: "", severity: "Warning" },
      ],
      documents: [],
      objectRefs: [],
    });
  });

  it("gives what a registry knows of a document", () => {
    const answer = readAnswer(SOAP, Buffer.from(envelope(found(usual)))) as RegistryAnswer;
    expect(answer.objectRefs).toEqual(["urn:uuid:1"]);
    expect(answer.documents).toMatchObject([
      {
        entryUUID: "urn:uuid:2",
        logicalId: "urn:uuid:3",
        mimeType: "application/dicom",
        uniqueId: "1.2.3",
        hash: "5A40",
        size: 5164,
        patientId: "INS^^^&1&ISO^NH",
      },
    ]);
  });

  it("gives what tells a manifest of a study from other documents, whoever else classifies", () => {
    const code = (scheme: string, value: string, system: string) =>
      `<m:Classification classificationScheme="urn:uuid:${scheme}" nodeRepresentation="${value}">` +
      `<m:Slot name="codingScheme"><m:ValueList><m:Value>${system}</m:Value></m:ValueList></m:Slot>` +
      `<m:Name><m:LocalizedString value="name of ${value}"/></m:Name></m:Classification>`;
    const xml = `<q:AdhocQueryResponse xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns:m="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0" xmlns:x="urn:x"
      status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"><m:RegistryObjectList><m:ExtrinsicObject id="urn:uuid:2">
      <m:Slot name="urn:ihe:iti:xds:2013:referenceIdList"><m:ValueList><m:Value>A^^^&amp;1&amp;ISO^t</m:Value><m:Value>B</m:Value></m:ValueList></m:Slot>
      <x:Slot name="urn:ihe:iti:xds:2013:referenceIdList"><m:ValueList><m:Value>C</m:Value></m:ValueList></x:Slot>
      <m:Classification classificationScheme="urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d" nodeRepresentation=""><m:Slot name="authorInstitution"><m:ValueList><m:Value>ONE</m:Value></m:ValueList></m:Slot></m:Classification>
      <m:Classification classificationScheme="urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d" nodeRepresentation=""><m:Slot name="authorInstitution"><m:ValueList><m:Value>TWO</m:Value></m:ValueList></m:Slot></m:Classification>
      ${code("41a5887f-8865-4c09-adf7-e362475b143a", "31", "1.1")}${code("f0306f51-975f-434e-a61c-c59651d33983", "IMG-KOS", "1.2")}${code("a09d5840-386c-46f2-b5ad-9c3699a4309d", "1.3", "1.4")}
      </m:ExtrinsicObject></m:RegistryObjectList></q:AdhocQueryResponse>`;
    const { documents } = readAnswer(SOAP, Buffer.from(envelope(xml))) as RegistryAnswer;
    expect(documents).toEqual([
      {
        entryUUID: "urn:uuid:2",
        slots: new Map([["urn:ihe:iti:xds:2013:referenceIdList", ["A^^^&1&ISO^t", "B"]]]),
        referenceIdList: ["A^^^&1&ISO^t", "B"],
        authorInstitutions: ["ONE", "TWO"],
        classCode: { code: "31", scheme: "1.1", display: "name of 31" },
        typeCode: { code: "IMG-KOS", scheme: "1.2", display: "name of IMG-KOS" },
        formatCode: { code: "1.3", scheme: "1.4", display: "name of 1.3" },
      },
    ]);
  });

  it.skipIf(!samples)("of another registry is read as well (../shared absent: skipped)", () => {
    const xml = readFileSync(join(samples!, "xds/openxds/RegistryStoredQueryFindDocsResponse.xml"), "utf8");
    const { documents } = readAnswer(SOAP, Buffer.from(envelope(xml))) as RegistryAnswer;
    expect(documents).toMatchObject([
      {
        entryUUID: "urn:uuid:87f7bc82-87f0-3782-afba-0c60760bb03d",
        status: "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
        typeCode: { code: "34133-9", scheme: "2.16.840.1.113883.6.1" },
        formatCode: { code: "CDAR2/IHE 1.0" },
        size: 18377,
        referenceIdList: [],
      },
    ]);
  });

  it.each([failure, found])("reads the same whatever the prefixes", (make) => {
    expect(readAnswer(SOAP, Buffer.from(envelope(make(renamed), renamed)))).toEqual(
      readAnswer(SOAP, Buffer.from(envelope(make(usual)))),
    );
  });

  it.each([
    ["text/xml", (xml: string) => xml],
    ["application/soap+xml", (xml: string) => xml],
    [
      'multipart/related; boundary="b"; start="<r>"; type="application/xop+xml"',
      (xml: string) => `--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <r>\r\n\r\n${xml}\r\n--b--`,
    ],
    [
      "multipart/related; boundary=b",
      (xml: string) => `--b\nContent-Transfer-Encoding: base64\n\n${Buffer.from(xml).toString("base64")}\n--b--\n`,
    ],
  ])("may come as %s", (contentType, wrap) => {
    const answer = readAnswer(contentType, Buffer.from(wrap(envelope(failure(usual)))));
    expect(isFault(answer)).toBe(false);
  });

  it.each([
    [
      "a SOAP 1.2 fault",
      envelope(
        `<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value><soap:Subcode><soap:Value xmlns:w="urn:w">w:InvalidSecurity</soap:Value><soap:Subcode><soap:Value>w:FailedAuthentication</soap:Value></soap:Subcode></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang="fr">non</soap:Text></soap:Reason></soap:Fault>`,
      ),
      { code: "Sender", subcode: "FailedAuthentication", reason: "non" },
    ],
    [
      "a SOAP 1.1 fault",
      `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>e:Server</faultcode><faultstring>oops</faultstring></e:Fault></e:Body></e:Envelope>`,
      { code: "Server", reason: "oops" },
    ],
  ])("may be %s", (_, xml, expected) => {
    const answer = readAnswer("text/xml", Buffer.from(xml));
    expect(isFault(answer)).toBe(true);
    expect(answer).toEqual(expected);
  });

  it.each([
    ["an HTML page", "text/html", "<html/>", "XDS_ANSWER_UNEXPECTED"],
    ["no Content-Type", "", envelope(failure(usual)), "XDS_MIME_UNREADABLE"],
    ["an empty body", SOAP, "", "XDS_XML_UNREADABLE"],
    ["no envelope", SOAP, "<a/>", "XDS_ANSWER_UNEXPECTED"],
    ["no body", SOAP, envelope(""), "XDS_ANSWER_UNEXPECTED"],
    ["another message", SOAP, envelope("<a/>"), "XDS_ANSWER_UNEXPECTED"],
    ["no status", SOAP, envelope(`<r:RegistryResponse xmlns:r="${RS}"/>`), "XDS_ANSWER_UNEXPECTED"],
    [
      "a status of another world",
      SOAP,
      envelope(`<r:RegistryResponse xmlns:r="${RS}" status="urn:x:Maybe"/>`),
      "XDS_ANSWER_UNEXPECTED",
    ],
    [
      "a success outside the body",
      SOAP,
      envelope(`<x><r:RegistryResponse xmlns:r="${RS}" status="urn:x:Success"/></x>`),
      "XDS_ANSWER_UNEXPECTED",
    ],
    ["a DTD", SOAP, `<!DOCTYPE a>${envelope(failure(usual))}`, "XDS_XML_FORBIDDEN"],
  ])("is refused when it is %s", (_, contentType, body, code) => {
    expect(() => readAnswer(contentType, Buffer.from(body))).toThrow(expect.objectContaining({ code }));
  });

  it("throws nothing but coded errors when bytes are damaged", () => {
    const good = Buffer.from(envelope(found(usual)));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(8), (at, inserted, dropped) => {
        try {
          readAnswer(SOAP, Buffer.concat([good.subarray(0, at), inserted, good.subarray(at + dropped)]));
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.skipIf(!samples)("reads the published answer of the DMP (../shared absent: skipped)", () => {
    const file = readFileSync(join(samples!, "ans-demonstrator/history-2024-05/XDS/response.xml"), "utf8");
    const xml = file.slice(file.indexOf("<soap:Envelope"), file.indexOf("</soap:Envelope>") + 16);
    expect(readAnswer(SOAP, Buffer.from(xml))).toMatchObject({ status: "Success", errors: [] });
  });
});
