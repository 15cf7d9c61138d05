/** The two signed parts of a right publication: the VIHF by xml-crypto, the submission's signature by node:crypto. */
import { createHash, createSign, randomUUID, X509Certificate } from "node:crypto";
import { SignedXml } from "xml-crypto";
import type { SandboxIdentity } from "../../scripts/sandbox/pki.ts";
import { type Edit, type Hooks, type Ids, PATIENT_ID } from "./hooks.ts";

const same: Edit = (text) => text;

function distinguishedName(subject: string): string {
  return subject.split("\n").reverse().join(", ");
}

/** The VIHF of a publication by a machine, signed by xml-crypto. */
export function vihf(signer: SandboxIdentity, structure: { id: string }, now: Date, hooks: Hooks): string {
  const certificate = new X509Certificate(signer.certificate);
  const ce = (name: string, code: string, system: string, display: string): string =>
    `<${name} xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CE" code="${code}" codeSystem="${system}" displayName="${display}"/>`;
  const attributes: [name: string, value: string][] = [
    ["VIHF_Version", "4.0"],
    ["Secteur_Activite", "SA25^1.2.250.1.71.4.2.4"],
    ["Ressource_URN", "urn:dmp"],
    ["urn:oasis:names:tc:xspa:1.0:subject:subject-id", "DRIMbox Publication"],
    ["Identifiant_Structure", structure.id],
    ["LPS_ID", "DRIMBOX-0001"],
    ["LPS_Nom", "DRIMbox"],
    ["LPS_Version", "0.1"],
    ["LPS_ID_HOMOLOGATION_DMP", "TEST-0001"],
    ["urn:oasis:names:tc:xacml:2.0:resource:resource-id", PATIENT_ID.replaceAll("&", "&amp;")],
    ["Authentification_Mode", "INDIRECTE"],
    [
      "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse",
      ce("PurposeOfUse", "normal", "1.2.250.1.213.1.1.4.248", "Accès normal"),
    ],
    ["urn:oasis:names:tc:xacml:2.0:subject:role", ce("Role", "AUTOMATE", "1.2.250.1.213.1.1.4.6", "Automate")],
  ];
  const statement = attributes
    .map(
      ([name, value]) =>
        `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
    )
    .join("");
  const xml =
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomUUID()}" IssueInstant="${now.toISOString()}" Version="2.0">` +
    `<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">${distinguishedName(certificate.subject)}</saml:Issuer>` +
    "<saml:Subject><saml:NameID>899700000017</saml:NameID></saml:Subject>" +
    `<saml:AuthnStatement AuthnInstant="${now.toISOString()}"><saml:AuthnContext>` +
    "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef>" +
    `</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${statement}</saml:AttributeStatement></saml:Assertion>`;
  const signed = new SignedXml({
    privateKey: signer.key,
    publicCert: certificate.toString(),
    idAttribute: "ID",
    signatureAlgorithm: hooks.vihfAlgorithms?.signature ?? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: "http://www.w3.org/2001/10/xml-exc-c14n#",
  });
  signed.addReference({
    xpath: "//*[local-name(.)='Assertion']",
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/2001/10/xml-exc-c14n#"],
    digestAlgorithm: hooks.vihfAlgorithms?.digest ?? "http://www.w3.org/2001/04/xmlenc#sha256",
  });
  signed.computeSignature((hooks.assertion ?? same)(xml), {
    prefix: "ds",
    location: { reference: "//*[local-name(.)='Issuer']", action: "after" },
  });
  return (hooks.signedAssertion ?? same)(signed.getSignedXml());
}

const DS = "http://www.w3.org/2000/09/xmldsig#";
const XADES = "http://uri.etsi.org/01903/v1.1.1#";

function sha1(data: string | Uint8Array): string {
  return createHash("sha1").update(data).digest("base64");
}

/** XAdES 1.1.1, every signed part written in its canonical form so that its bytes can be digested as they are. */
export function signatureDocument(signer: SandboxIdentity, ids: Ids, kos: Buffer, now: Date, hooks: Hooks): string {
  const certificate = new X509Certificate(signer.certificate);
  const digest = (value: string): string =>
    `<DigestMethod Algorithm="${DS}sha1"></DigestMethod><DigestValue>${value}</DigestValue>`;
  const manifest = (hooks.manifest ?? same)(
    `<Manifest xmlns="${DS}" Id="IHEManifest"><Reference URI="urn:oid:${ids.set}">${digest("AA==")}</Reference>` +
      `<Reference URI="urn:oid:${ids.sop}">${digest(sha1(kos))}</Reference></Manifest>`,
  );
  const serial = BigInt(`0x${certificate.serialNumber}`);
  const properties = (hooks.properties ?? same)(
    `<SignedProperties xmlns="${XADES}" Id="S0-SignedProperties"><SignedSignatureProperties>` +
      `<SigningTime>${now.toISOString()}</SigningTime><SigningCertificate><Cert><CertDigest>` +
      `${digest(sha1(certificate.raw))}</CertDigest><IssuerSerial>` +
      `<X509IssuerName xmlns="${DS}">${distinguishedName(certificate.issuer)}</X509IssuerName>` +
      `<X509SerialNumber xmlns="${DS}">${serial}</X509SerialNumber></IssuerSerial></Cert></SigningCertificate>` +
      "<SignaturePolicyIdentifier><SignaturePolicyImplied></SignaturePolicyImplied></SignaturePolicyIdentifier>" +
      "</SignedSignatureProperties></SignedProperties>",
  );
  const signedInfo = (hooks.signedInfo ?? same)(
    `<SignedInfo xmlns="${DS}"><CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></CanonicalizationMethod>` +
      `<SignatureMethod Algorithm="${DS}rsa-sha1"></SignatureMethod>` +
      `<Reference Type="${DS}Manifest" URI="#IHEManifest">${digest(sha1(manifest))}</Reference>` +
      `<Reference Type="${XADES}SignedProperties" URI="#S0-SignedProperties">${digest(sha1(properties))}</Reference></SignedInfo>`,
  );
  const value = createSign("sha1").update(signedInfo).sign(signer.key, "base64");
  const id = ids.signature;
  return (hooks.signature ?? same)(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Signature xmlns="${DS}" Id="${id}">${signedInfo}<SignatureValue>${value}</SignatureValue>` +
      `<KeyInfo><X509Data><X509Certificate>${certificate.raw.toString("base64")}</X509Certificate></X509Data></KeyInfo>` +
      `<Object><SignatureProperties><SignatureProperty Id="purposeOfSignature" Target="#${id}">1.2.840.10065.1.12.1.14</SignatureProperty></SignatureProperties></Object>` +
      `<Object>${manifest}</Object><Object><QualifyingProperties xmlns="${XADES}" Target="#${id}">${properties}</QualifyingProperties></Object></Signature>`,
  );
}
