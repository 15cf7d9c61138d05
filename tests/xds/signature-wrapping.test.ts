import { describe, expect, it } from "vitest";
import { NS, verifyEnveloped, verifySubmissionSignature } from "../../appliance/xds/index.ts";
import { resignEnveloped, resignSubmission } from "./resign.ts";
import { assertion, documents, signers, stranger, submission } from "./signed.ts";

const invalid = expect.objectContaining({ code: "XDS_SIGNATURE_INVALID" });

describe("a submission signature is refused", () => {
  const verify = (xml: string, given = documents) =>
    verifySubmissionSignature(xml, { certificate: signers.rsa.signer.certificate, documents: given });

  it("when a document changed, is missing or is in excess", async () => {
    const xml = Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString();
    expect(() => verify(xml, new Map([["2.25.7", Buffer.from("x")]]))).toThrow(invalid);
    expect(() => verify(xml, new Map())).toThrow(invalid);
    expect(() => verify(xml, new Map([...documents, ["2.25.8", Buffer.alloc(1)]]))).toThrow(invalid);
  });

  it("when another certificate is expected, even with the right one in KeyInfo", async () => {
    const xml = Buffer.from(await submission(stranger, "SHA-256")).toString();
    expect(() => verify(xml)).toThrow(invalid);
  });

  it("when it uses SHA-1 and nobody asked for it", async () => {
    const xml = Buffer.from(await submission(signers.rsa.signer, "SHA-1")).toString();
    expect(() => verify(xml)).toThrow(invalid);
  });

  it.each<[string, (xml: string) => string]>([
    [
      "a second manifest stands first",
      (xml) => xml.replace("<Object>", '<Object><Manifest Id="IHEManifest"></Manifest></Object><Object>'),
    ],
    [
      "a second manifest with another Id stands first",
      (xml) => xml.replace("<Object>", '<Object><Manifest Id="x"></Manifest></Object><Object>'),
    ],
    [
      "the manifest moved deeper",
      (xml) =>
        xml
          .replace("<Manifest ", "<SignatureProperties><Manifest ")
          .replace("</Manifest>", "</Manifest></SignatureProperties>"),
    ],
    [
      "a reference was added",
      (xml) =>
        xml.replace(
          "</Manifest>",
          '<Reference URI="urn:oid:2.25.8"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>AA==</DigestValue></Reference></Manifest>',
        ),
    ],
    ["the set changed", (xml) => xml.replace("urn:oid:2.25.9", "urn:oid:2.25.10")],
    ["the signing time changed", (xml) => xml.replace("2026-01-12T", "2026-01-13T")],
    [
      "a transform was slipped in",
      (xml) =>
        xml.replace(
          /(<Reference Type="[^"]*Manifest"[^>]*>)/,
          '$1<Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/></Transforms>',
        ),
    ],
    ["it is wrapped in another element", (xml) => `<x>${xml.replace(/<\?.*\?>/, "")}</x>`],
    ["it holds a comment", (xml) => xml.replace("<DigestValue>", "<DigestValue><!---->")],
    ["its value is not base64", (xml) => xml.replace(/<SignatureValue>[^<]*/, "<SignatureValue>!")],
  ])("when %s", async (_, alter) => {
    const xml = Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString();
    const altered = alter(xml);
    expect(altered).not.toBe(xml);
    expect(() => verify(altered)).toThrow(invalid);
  });
});

/*
 * XML signature wrapping (Somorovsky et al. 2012): the signed assertion is kept somewhere so that its signature still
 * verifies, and a forged one stands where the claims are read.
 */
describe("an assertion with a wrapped signature is refused", () => {
  const verify = (xml: string) => verifyEnveloped(xml, { certificate: signers.rsa.signer.certificate });
  const parts = async () => {
    const signed = (await assertion(signers.rsa.signer)).xml;
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(signed)![0];
    const original = signed.replace(signature, "");
    const evil = original.replace("899900012345", "666");
    return { signed, signature, original, evil };
  };
  const into = (evil: string, what: string) => evil.replace("</saml2:Issuer>", `</saml2:Issuer>${what}`);
  const withId = (xml: string, id: string) => xml.replace('ID="_a1"', `ID="${id}"`);
  type Parts = Awaited<ReturnType<typeof parts>>;

  it.each<[string, (p: Parts) => string]>([
    [
      "XSW1: the forged root holds a signature that holds the original",
      (p) => into(withId(p.evil, "_evil"), p.signature.replace("</ds:Signature>", `${p.original}</ds:Signature>`)),
    ],
    [
      "XSW2: detached, the original beside its signature in the forged root",
      (p) => into(withId(p.evil, "_evil"), p.signature + p.original),
    ],
    [
      "XSW3: the forged assertion is a sibling before the original",
      (p) => `<r>${withId(p.evil, "_evil")}${p.signed}</r>`,
    ],
    ["XSW4: the forged assertion wraps the signed original", (p) => into(withId(p.evil, "_evil"), p.signed)],
    [
      "XSW5: the original under the signature's KeyInfo, the same ID twice",
      (p) => into(p.evil, p.signature.replace("<ds:KeyInfo>", `<ds:KeyInfo>${p.original}`)),
    ],
    [
      "XSW6: the original in a ds:Object of the signature",
      (p) =>
        into(
          withId(p.evil, "_evil"),
          p.signature.replace("</ds:Signature>", `<ds:Object>${p.original}</ds:Object></ds:Signature>`),
        ),
    ],
    [
      "XSW7: the original in an Extensions element",
      (p) => into(p.evil, `${p.signature}<Extensions>${p.original}</Extensions>`),
    ],
    [
      "XSW8: the forged one carries the signature, the original sits in its Object under the same ID",
      (p) =>
        into(p.evil, p.signature.replace("</ds:Signature>", `<ds:Object>${p.original}</ds:Object></ds:Signature>`)),
    ],
    ["another element bears the signed ID", (p) => p.signed.replace("<saml2:NameID>", '<saml2:NameID Id="_a1">')],
    ["a second signature", (p) => into(p.signed, p.signature)],
    ["no signature", (p) => p.original],
    ["a second reference", (p) => p.signed.replace(/(<ds:Reference.*<\/ds:Reference>)/, "$1$1")],
    ["an empty reference URI", (p) => p.signed.replace('URI="#_a1"', 'URI=""')],
    ["a reference to the outside", (p) => p.signed.replace('URI="#_a1"', 'URI="file:///etc/passwd"')],
    [
      "inclusive namespaces in a transform",
      (p) =>
        p.signed.replace(
          /(<ds:Transform Algorithm="[^"]*exc-c14n#")\/>/,
          '$1><InclusiveNamespaces PrefixList="x" xmlns="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transform>',
        ),
    ],
    [
      "an HMAC keyed with the public certificate",
      (p) =>
        p.signed.replace(
          "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
          "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        ),
    ],
    [
      "a comment inside a claim (two parsers, two texts)",
      (p) => p.signed.replace("899900012345", "8999<!-- -->00012345"),
    ],
    ["a comment inside a digest value", (p) => p.signed.replace("<ds:DigestValue>", "<ds:DigestValue><!--x-->")],
    ["a changed claim", (p) => p.signed.replace("899900012345", "666")],
  ])("%s", async (_, wrap) => {
    const pieces = await parts();
    expect(verify(pieces.signed).textContent).toContain("899900012345");
    const wrapped = wrap(pieces);
    expect(wrapped).not.toBe(pieces.signed);
    expect(() => verify(wrapped)).toThrow(invalid);
  });

  it("or when it is signed by a key other than the pinned one", async () => {
    const { xml } = await assertion(stranger);
    expect(() => verify(xml)).toThrow(invalid);
  });

  it("inside a message is found only where the caller says it stands", async () => {
    const { signed } = await parts();
    const path = [
      ["urn:h", "Header"],
      [NS.saml, "Assertion"],
    ] as const;
    const options = { certificate: signers.rsa.signer.certificate };
    expect(
      verifyEnveloped(`<E><h:Header xmlns:h="urn:h">${signed}</h:Header></E>`, options, path).textContent,
    ).toContain("8999");
    expect(() => verifyEnveloped(`<E><h:Other xmlns:h="urn:h">${signed}</h:Other></E>`, options, path)).toThrow(
      invalid,
    );
    expect(() =>
      verifyEnveloped(
        `<E><h:Header xmlns:h="urn:h">${signed}</h:Header><h:Header xmlns:h="urn:h"/></E>`,
        options,
        path,
      ),
    ).toThrow(invalid);
  });
});

describe("a document of another shape is refused even when the right key signed it", () => {
  const options = () => ({ certificate: signers.rsa.signer.certificate });
  const path = [[NS.saml, "Assertion"]] as const;
  const reference = /<ds:Reference [\s\S]*<\/ds:Reference>/;
  const message = (xml: string, rest: string) => `<E>${xml}${rest}</E>`;

  it("resigning itself works: an unaltered shape is accepted", async () => {
    const xml = message((await assertion(signers.rsa.signer)).xml.replace("899900012345", "666"), "");
    expect(verifyEnveloped(await resignEnveloped(xml, signers.rsa.signer), options(), path).textContent).toContain(
      "666",
    );
    const signed = Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString();
    const again = await resignSubmission(signed.replace("2026-01-12T", "2026-01-13T"), signers.rsa.signer);
    expect(verifySubmissionSignature(again, { ...options(), documents }).signingTime.getUTCDate()).toBe(13);
  });

  it.each<[string, (xml: string) => string]>([
    ["two References", (xml) => xml.replace(reference, "$&$&")],
    ["a Reference to nothing", (xml) => xml.replace('URI="#_a1"', 'URI=""')],
    ["a Reference to another ID", (xml) => xml.replace('URI="#_a1"', 'URI="#_a2"')],
    ["an element without ID", (xml) => xml.replace(' ID="_a1"', "").replace('URI="#_a1"', 'URI="#"')],
    ["one transform", (xml) => xml.replace(/<ds:Transform [^>]*enveloped[^>]*>/, "")],
    ["transforms in another order", (xml) => xml.replace(/(<ds:Transform [^>]*>)(<ds:Transform [^>]*>)/, "$2$1")],
    [
      "a transform with parameters",
      (xml) => xml.replace(/(<ds:Transform [^>]*exc-c14n#")\/>/, "$1><x/></ds:Transform>"),
    ],
    ["a transform of another name", (xml) => xml.replace(/<ds:Transform (?=[^>]*exc-c14n)/, "<ds:Transformation ")],
    [
      "another canonicalisation",
      (xml) =>
        xml.replace(
          /(<ds:CanonicalizationMethod Algorithm=")[^"]*/,
          "$1http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        ),
    ],
    [
      "a canonicalisation with parameters",
      (xml) => xml.replace(/(<ds:CanonicalizationMethod [^>]*)\/>/, "$1><x/></ds:CanonicalizationMethod>"),
    ],
    ["another signature method", (xml) => xml.replace("xmldsig-more#rsa-sha256", "xmldsig-more#rsa-sha512")],
    ["another digest method", (xml) => xml.replace("xmlenc#sha256", "xmlenc#sha512")],
    [
      "a SHA-1 digest under SHA-256",
      (xml) => xml.replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
    ],
    ["an Object in the Signature", (xml) => xml.replace("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object/>")],
    ["a stranger in SignedInfo", (xml) => xml.replace("</ds:SignedInfo>", "<ds:Object/></ds:SignedInfo>")],
    ["a stranger in the Reference", (xml) => xml.replace("</ds:Reference>", "<ds:Object/></ds:Reference>")],
    ["two signature values", (xml) => xml.replace("<ds:SignatureValue>", "<ds:SignatureValue/>$&")],
    ["its ID again elsewhere in the message", (xml) => `${xml}<x iD="_a1"/>`],
    ["another Signature elsewhere in the message", (xml) => `${xml}<ds:Signature xmlns:ds="${NS.ds}"/>`],
    [
      "another Signature inside a claim",
      (xml) => xml.replace("<saml2:NameID>", `$&<ds:Signature xmlns:ds="${NS.ds}"/>`),
    ],
  ])("an assertion with %s", async (_, alter) => {
    const { xml } = await assertion(signers.rsa.signer);
    const altered = alter(xml.replace(/^<\?.*\?>/, ""));
    expect(altered).not.toBe(xml);
    const resigned = await resignEnveloped(message(altered, ""), signers.rsa.signer);
    expect(() => verifyEnveloped(resigned, options(), path)).toThrow(invalid);
  });

  const first = /<Reference Type="[^"]*Manifest"[\s\S]*?<\/Reference>/;
  const listed = /<Reference URI="urn:oid:2\.25\.7">[\s\S]*?<\/Reference>/;
  it.each<[string, (xml: string) => string]>([
    [
      "another root",
      (xml) => xml.replace(/<(\/?)Signature(?=[ >])/g, "<$1Signatura").replace("<X509Data>", "$&<Signature/>"),
    ],
    ["three References", (xml) => xml.replace(first, "$&$&")],
    [
      "two References to the manifest and none to the properties",
      (xml) => xml.replace(/<Reference Type="[^"]*SignedProperties"[\s\S]*?<\/Reference>/, first.exec(xml)![0]),
    ],
    ["a Reference to another ID", (xml) => xml.replace('URI="#IHEManifest"', 'URI="#x"')],
    ["a manifest without Id", (xml) => xml.replace(' Id="IHEManifest"', "").replace('URI="#IHEManifest"', 'URI="#"')],
    [
      "a transform",
      (xml) =>
        xml.replace(
          /(<Reference Type="[^"]*Manifest"[^>]*>)/,
          '$1<Transforms><Transform Algorithm="urn:x"/></Transforms>',
        ),
    ],
    ["an Id again elsewhere", (xml) => xml.replace('Id="purposeOfSignature"', 'Id="IHEManifest"')],
    ["another Signature inside", (xml) => xml.replace("<SignatureProperties>", "<SignatureProperties><Signature/>")],
    ["a stranger in the Signature", (xml) => xml.replace("</KeyInfo>", "</KeyInfo><Manifest/>")],
    [
      "two submission sets",
      (xml) =>
        xml.replace(
          /<Reference URI="urn:oid:2\.25\.9">[\s\S]*?<\/Reference>/,
          (set) => set + set.replace("2.25.9", "2.25.10"),
        ),
    ],
    ["no submission set", (xml) => xml.replace(/<Reference URI="urn:oid:2\.25\.9">[\s\S]*?<\/Reference>/, "")],
    ["a document listed twice", (xml) => xml.replace(listed, "$&$&")],
    ["a document that nobody submitted", (xml) => xml.replace(listed, (one) => one + one.replace("2.25.7", "2.25.8"))],
    ["a document by another scheme", (xml) => xml.replace("urn:oid:2.25.7", "urn:uuid:2.25.7")],
    ["a set by another scheme", (xml) => xml.replace("urn:oid:2.25.9", "2.25.9")],
    [
      "a transformed document",
      (xml) =>
        xml.replace('<Reference URI="urn:oid:2.25.7">', '$&<Transforms><Transform Algorithm="urn:x"/></Transforms>'),
    ],
    [
      "another digest of the document",
      (xml) => xml.replace(listed, (one) => one.replace(/<DigestValue>./, anotherFirst)),
    ],
    ["another certificate in its properties", (xml) => xml.replace(/<CertDigest>[\s\S]*?<DigestValue>./, anotherFirst)],
    [
      "a certificate digest nobody knows",
      (xml) => xml.replace(/(<CertDigest><DigestMethod Algorithm=")[^"]*/, "$1urn:x"),
    ],
    ["no signing time", (xml) => xml.replace(/<SigningTime>[^<]*/, "<SigningTime>yesterday")],
  ])("a submission signature with %s", async (_, alter) => {
    const xml = Buffer.from(await submission(signers.rsa.signer, "SHA-256")).toString();
    const altered = alter(xml);
    expect(altered).not.toBe(xml);
    const resigned = await resignSubmission(altered, signers.rsa.signer);
    expect(() => verifySubmissionSignature(resigned, { ...options(), documents })).toThrow(invalid);
  });
});

/** The matched text with another last character: base64 that was, and that differs whatever it was. */
function anotherFirst(matched: string): string {
  return matched.slice(0, -1) + (matched.endsWith("A") ? "B" : "A");
}
