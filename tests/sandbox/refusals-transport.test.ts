import { describe, expect, it } from "vitest";
import { NEIGHBOUR } from "../../scripts/sandbox/pki.ts";
import { type PostOptions, post } from "./post.ts";
import { type Row, refuses, useStand } from "./refusals.ts";
import { ACTION, buildSubmission, cut, newIds, PATIENT_ID, swap } from "./submission.ts";

const MIME: readonly Row[] = [
  ["line ends of LF alone", { body: swap("\r\n", "\n") }, "soap:Sender", /CRLF/],
  [
    "LF alone between two headers",
    { body: cut(/binary\r\nContent-ID/, "binary\nContent-ID") },
    "soap:Sender",
    /LF alone/,
  ],
  ["no start parameter", { contentType: cut(/ start="[^"]*";/) }, "soap:Sender", /start is missing/],
  ["no start-info parameter", { contentType: cut(/ start-info="[^"]*";/) }, "soap:Sender", /start-info is missing/],
  ["type of plain SOAP", { contentType: swap("application/xop+xml", "text/xml") }, "soap:Sender", /type is not/],
  ["no action parameter", { contentType: cut(/; action="[^"]*"/) }, "soap:Sender", /action is missing/],
  [
    "start without its brackets",
    { contentType: swap('"<root@test>"', '"root@test"') },
    "soap:Sender",
    /angle brackets/,
  ],
  ["start unquoted", { contentType: swap('"<root@test>"', "<root@test>") }, "soap:Sender", /quoted/],
  [
    "start that names another part",
    { contentType: swap("root@test", "d0@test") },
    "soap:Sender",
    /not first, or start/,
  ],
  [
    "boundary not in the body",
    { contentType: swap("frontier", "border") },
    "soap:Sender",
    /does not start with the boundary/,
  ],
  ["no closing boundary", { body: cut(/--frontier--\r\n$/) }, "soap:Sender", /no CRLF and boundary/],
  [
    "a root part of plain XML",
    { body: cut(/application\/xop\+xml/, "text/xml") },
    "soap:Sender",
    /application\/xop\+xml is expected/,
  ],
  [
    "a part in Base64",
    { body: cut(/(pplication\/dicom\r\nContent-Transfer-Encoding: )binary/, "$1BASE64") },
    "soap:Sender",
    /not binary/,
  ],
  ["a part without Content-ID", { body: cut(/Content-ID: <d0@test>\r\n/) }, "soap:Sender", /Content-ID is missing/],
  ["two parts of one Content-ID", { body: cut(/<d1@test>/, "<d0@test>") }, "soap:Sender", /given twice/],
  ["XML with a DOCTYPE", { envelope: (xml) => `<!DOCTYPE x [<!ENTITY e "e">]>${xml}` }, "soap:Sender", /DOCTYPE/],
  ["XML not well-formed", { envelope: swap("</soap:Body>", "</soap:Bodi>") }, "soap:Sender", /Envelope/],
];

const SOAP: readonly Row[] = [
  [
    "SOAP 1.1",
    { envelope: swap("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/") },
    "soap:VersionMismatch",
    /1\.2/,
  ],
  [
    "no MessageID",
    { envelope: cut(/<wsa:MessageID>.*<\/wsa:MessageID>/) },
    "wsa:MessageAddressingHeaderRequired",
    /MessageID is missing/,
  ],
  ["a MessageID that is no UUID", { envelope: swap("urn:uuid:", "uuid:") }, "wsa:InvalidAddressingHeader", /urn:uuid/],
  ["another To", { to: "https://lps.dmp.invalid/repository" }, "wsa:DestinationUnreachable", /To/],
  [
    "another Action in the header",
    { envelope: swap(`>${ACTION}`, ">urn:ihe:iti:2007:RegisterDocumentSet-b") },
    "wsa:ActionMismatch",
    /Action/,
  ],
  ["another action in Content-Type", { contentType: swap(ACTION, "urn:x") }, "wsa:ActionMismatch", /Content-Type/],
  [
    "mustUnderstand outside its namespace",
    { envelope: swap("soap:mustUnderstand", "mustUnderstand") },
    "soap:Sender",
    /mustUnderstand/,
  ],
  [
    "a header that must be understood",
    { envelope: swap("<soap:Header>", '<soap:Header><x xmlns="urn:x" soap:mustUnderstand="1"/>') },
    "soap:MustUnderstand",
    /x/,
  ],
  ["no Security", { envelope: cut(/<wsse:Security.*<\/wsse:Security>/) }, "wsse:InvalidSecurity", /0 Security/],
  [
    "the assertion twice",
    { envelope: cut(/(<saml:Assertion.*<\/saml:Assertion>)/, "$1$1") },
    "wsse:InvalidSecurity",
    /2 Assertion/,
  ],
  ["no Header", { envelope: cut(/<soap:Header>.*<\/soap:Header>/) }, "soap:Sender", /one Header then one Body/],
  [
    "two elements in the body",
    { envelope: swap("</soap:Body>", '<x xmlns="urn:x"/></soap:Body>') },
    "soap:Sender",
    /exactly one element/,
  ],
  [
    "a Timestamp beside the assertion",
    { envelope: swap("</wsse:Security>", '<x xmlns="urn:x"/></wsse:Security>') },
    "wsse:UnsupportedSecurityToken",
    /only the assertion/,
  ],
  ["two Actions", { envelope: cut(/(<wsa:Action .*?<\/wsa:Action>)/, "$1$1") }, "wsa:InvalidCardinality", /2 times/],
];

const stand = useStand();
refuses("the package", stand, MIME);
refuses("the envelope", stand, SOAP);

describe("refuses a connection", () => {
  it.each<[string, () => Partial<PostOptions>]>([
    ["without client certificate", () => ({ client: undefined })],
    ["with a SIGN certificate", () => ({ client: stand().pki.structures[0].sign })],
    ["with a certificate of an unknown authority", () => ({ client: stand().untrusted })],
    ["in TLS 1.1", () => ({ maxVersion: "TLSv1.1" })],
  ])("%s", async (_, options) => {
    await expect(stand().publish({}, options())).rejects.toThrow();
    expect(stand().dmp.counts().repository).toBe(0);
  });

  it("of one structure with the VIHF of another", async () => {
    const reply = await stand().publish({}, { client: stand().pki.structures[1].auth });
    expect(reply.codes).toEqual(["wsse:InvalidSecurityToken"]);
    expect(reply.reasons.join()).toContain(`TLS was opened by ${NEIGHBOUR.id}`);
  });
});

describe("refuses what its records do not allow", () => {
  it("the same documents again", async () => {
    const ids = newIds();
    expect((await stand().publish({ ids })).outcome).toBe("Success");
    const again = await stand().publish({ ids, kos: {}, now: new Date(Date.now() - 1000) });
    expect(new Set(again.codes)).toEqual(new Set(["XDSDuplicateUniqueIdInRegistry", "XDSNonIdenticalHash"]));
    expect(stand().dmp.submissions()).toHaveLength(1);
  });

  it("the same MessageID again, even for a message that was refused", async () => {
    const one = buildSubmission(stand().dmp.url, stand().pki, { metadata: swap("Original", "Reference") });
    const client = stand().pki.structures[0].auth;
    expect((await post(`${stand().dmp.url}/repository`, stand().pki, one, { client })).outcome).toBe("Failure");
    expect((await post(`${stand().dmp.url}/repository`, stand().pki, one, { client })).codes).toEqual([
      "wsa:InvalidAddressingHeader",
    ]);
  });

  it("a patient without record, or whose record is closed", async () => {
    stand().dmp.unknownPatients.add(PATIENT_ID);
    expect((await stand().publish({})).codes).toEqual(["XDSUnknownPatientId"]);
    stand().dmp.unknownPatients.clear();
    stand().dmp.closedRecords.add(PATIENT_ID);
    expect((await stand().publish({})).codes).toEqual(["DMPClosed"]);
  });
});
