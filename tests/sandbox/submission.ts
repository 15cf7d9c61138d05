/**
 * A right publication, built by hand and signed with node:crypto and xml-crypto, with a hook at every stage so that a
 * test can make one thing of it wrong. Shares nothing with the product nor with the stand-in.
 */
import { createHash, createSign, randomUUID, X509Certificate } from "node:crypto";
import { SignedXml } from "xml-crypto";
import type { SandboxIdentity, SandboxPki } from "../../scripts/sandbox/pki.ts";
import { type KosValues, kosBytes } from "./kos-bytes.ts";

export const INS = "285017500000130";
export const INS_OID = "1.2.250.1.213.1.4.10";
export const PATIENT_ID = `${INS}^^^&${INS_OID}&ISO^NH`;
export const ACTION = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";

type Edit = (text: string) => string;

/** Each hook sees its stage before the next one is made of it: what is signed later is signed as edited. */
export interface Hooks {
  readonly kos?: Partial<KosValues>;
  readonly kosFile?: (bytes: Buffer) => Buffer;
  /** Manifest, SignedProperties, SignedInfo and the whole of the signature document. */
  readonly manifest?: Edit;
  readonly properties?: Edit;
  readonly signedInfo?: Edit;
  readonly signature?: Edit;
  /** The SubmitObjectsRequest. */
  readonly metadata?: Edit;
  readonly assertion?: Edit;
  readonly signedAssertion?: Edit;
  readonly vihfAlgorithms?: { readonly signature: string; readonly digest: string };
  readonly envelope?: Edit;
  readonly contentType?: Edit;
  /** The package, as Latin-1. */
  readonly body?: Edit;
  readonly signer?: SandboxIdentity;
  readonly setSigner?: SandboxIdentity;
  readonly now?: Date;
  /** Given back by `draft` to submit the same again. */
  readonly ids?: Ids;
  readonly to?: string;
}

export interface Ids {
  readonly sop: string;
  readonly signature: string;
  readonly set: string;
  readonly study: string;
}

export interface Submission {
  readonly contentType: string;
  readonly body: Buffer;
}

export function newIds(): Ids {
  const oid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`;
  return { sop: oid(), signature: oid(), set: oid(), study: oid() };
}

/** Replaces `from`, which must be there: a mutation that changes nothing tests nothing. */
export function swap(from: string, to: string): Edit {
  return (text) => {
    if (!text.includes(from)) throw new Error(`nothing to replace: ${from}`);
    return text.replaceAll(from, to);
  };
}

/** Removes what `pattern` matches, or puts `to` in its place. */
export function cut(pattern: RegExp, to = ""): Edit {
  return (text) => {
    if (!pattern.test(text)) throw new Error(`nothing matches: ${pattern}`);
    return text.replace(pattern, to);
  };
}

const same: Edit = (text) => text;

export function buildSubmission(url: string, pki: SandboxPki, hooks: Hooks = {}): Submission {
  const ids = hooks.ids ?? newIds();
  const now = hooks.now ?? new Date();
  const utc = now.toISOString().replace(/\D/g, "").slice(0, 14);
  const structure = pki.structures[0];
  const kosFile = hooks.kosFile ?? ((bytes: Buffer) => bytes);
  const kos = kosFile(kosBytes({ ...kosValues(ids, utc), ...hooks.kos }));
  const signature = signatureDocument(hooks.setSigner ?? structure.sign, ids, kos, now, hooks);
  const metadata = (hooks.metadata ?? same)(submitObjectsRequest(ids, utc, structure, kos, signature));
  const assertion = vihf(hooks.signer ?? structure.sign, structure, now, hooks);
  const documents = ["Manifest01", "Signature01"]
    .map(
      (id, index) =>
        `<Document id="${id}"><xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:d${index}%40test"/></Document>`,
    )
    .join("");
  const body = `<ProvideAndRegisterDocumentSetRequest xmlns="urn:ihe:iti:xds-b:2007">${metadata}${documents}</ProvideAndRegisterDocumentSetRequest>`;
  const envelope = (hooks.envelope ?? same)(soap(ACTION, hooks.to ?? `${url}/repository`, assertion, body));
  const part = (id: string, type: string, content: Buffer): string =>
    `--frontier\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <${id}>\r\n\r\n${content.toString("latin1")}\r\n`;
  const root = 'application/xop+xml; charset=UTF-8; type="application/soap+xml"';
  const text =
    part("root@test", root, Buffer.from(envelope)) +
    part("d0@test", "application/dicom", kos) +
    part("d1@test", "text/xml", Buffer.from(signature)) +
    "--frontier--\r\n";
  const contentType =
    'multipart/related; boundary="frontier"; type="application/xop+xml"; start="<root@test>"; ' +
    `start-info="application/soap+xml"; action="${ACTION}"`;
  return {
    contentType: (hooks.contentType ?? same)(contentType),
    body: Buffer.from((hooks.body ?? same)(text), "latin1"),
  };
}

/** An AdhocQueryRequest with `[name, value]` slots; a name given twice makes two slots. */
export function storedQuery(
  id: string,
  returnType: string,
  ...slots: (readonly [name: string, value: string])[]
): string {
  const rows = slots.map(
    ([name, value]) =>
      `<Slot name="${name}"><ValueList><Value>${value.replaceAll("&", "&amp;")}</Value></ValueList></Slot>`,
  );
  return (
    '<query:AdhocQueryRequest xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">' +
    `<query:ResponseOption returnComposedObjects="true" returnType="${returnType}"/>` +
    `<AdhocQuery id="${id}">${rows.join("")}</AdhocQuery></query:AdhocQueryRequest>`
  );
}

/** A stored query with a right envelope. */
export function buildQuery(url: string, pki: SandboxPki, query: string, hooks: Hooks = {}): Submission {
  const structure = pki.structures[0];
  const assertion = vihf(hooks.signer ?? structure.sign, structure, hooks.now ?? new Date(), hooks);
  const envelope = soap("urn:ihe:iti:2007:RegistryStoredQuery", `${url}/registry`, assertion, query);
  return { contentType: "application/soap+xml; charset=UTF-8", body: Buffer.from((hooks.envelope ?? same)(envelope)) };
}

function kosValues({ sop, study }: Ids, utc: string): KosValues {
  const local = new Date(Date.parse(utc.replace(/(....)(..)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z")) + 3_600_000);
  const [, date = "", time = ""] = /^(\d{8})(\d{6})/.exec(local.toISOString().replace(/\D/g, "")) ?? [];
  return {
    sopClassUID: "1.2.840.10008.5.1.4.1.1.88.59",
    sopInstanceUID: sop,
    metaInstanceUID: sop,
    modality: "KO",
    patientID: INS,
    insOid: INS_OID,
    studyInstanceUID: study,
    referencedStudyUID: study,
    titleCode: "113030",
    created: [date, time, "+0100"],
    series: [
      {
        uid: "2.25.1002",
        url: `https://box.exemple.fr/drim/studies/${study}/series/2.25.1002`,
        instances: ["2.25.1003"],
      },
    ],
  };
}

export function soap(action: string, to: string, assertion: string, body: string): string {
  return (
    '<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing">' +
    `<soap:Header><wsa:MessageID>urn:uuid:${randomUUID()}</wsa:MessageID><wsa:To>${to}</wsa:To>` +
    `<wsa:Action soap:mustUnderstand="true">${action}</wsa:Action>` +
    '<wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">' +
    `${assertion}</wsse:Security></soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}

function distinguishedName(subject: string): string {
  return subject.split("\n").reverse().join(", ");
}

/** The VIHF of a publication by a machine, signed by xml-crypto. */
function vihf(signer: SandboxIdentity, structure: { id: string }, now: Date, hooks: Hooks): string {
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
function signatureDocument(signer: SandboxIdentity, ids: Ids, kos: Buffer, now: Date, hooks: Hooks): string {
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

function submitObjectsRequest(
  ids: Ids,
  utc: string,
  structure: { id: string; name: string },
  kos: Buffer,
  signature: string,
): string {
  let serial = 0;
  const next = (): string => `o${++serial}`;
  const esc = (text: string): string => text.replaceAll("&", "&amp;");
  const slot = (name: string, ...values: string[]): string =>
    `<Slot name="${name}"><ValueList>${values.map((one) => `<Value>${esc(one)}</Value>`).join("")}</ValueList></Slot>`;
  const name = (value: string, tag = "Name"): string =>
    `<${tag}><LocalizedString xml:lang="fr-FR" charset="UTF-8" value="${esc(value)}"/></${tag}>`;
  const coded = (on: string, scheme: string, code: string, system: string, display: string): string =>
    `<Classification id="${next()}" classificationScheme="urn:uuid:${scheme}" classifiedObject="${on}" nodeRepresentation="${code}">${slot("codingScheme", system)}${name(display)}</Classification>`;
  const author = (on: string, scheme: string): string =>
    `<Classification id="${next()}" classificationScheme="urn:uuid:${scheme}" classifiedObject="${on}" nodeRepresentation="">` +
    slot("authorPerson", `${structure.id}/DRIMBOX1^DRIMbox^Publication^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^EI`) +
    slot("authorInstitution", `${structure.name}^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^${structure.id}`) +
    "</Classification>";
  const external = (on: string, scheme: string, value: string, label: string): string =>
    `<ExternalIdentifier id="${next()}" registryObject="${on}" identificationScheme="urn:uuid:${scheme}" value="${esc(value)}">${name(label)}</ExternalIdentifier>`;
  const association = (type: string, from: string, to: string, status = ""): string =>
    `<Association id="${next()}" associationType="${type}" sourceObject="${from}" targetObject="${to}">${status}</Association>`;
  const set = "SubmissionSet01";
  const entry = (id: string, mime: string, slots: string, title: string, codes: string[][], uniqueId: string): string =>
    `<ExtrinsicObject id="${id}" mimeType="${mime}" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">${slots}${name(title)}` +
    author(id, "93606bcf-9494-43ec-9b4e-a7748d1a838d") +
    codes
      .map(([scheme = "", code = "", system = "", display = ""]) => coded(id, scheme, code, system, display))
      .join("") +
    external(id, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", PATIENT_ID, "XDSDocumentEntry.patientId") +
    external(id, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", uniqueId, "XDSDocumentEntry.uniqueId") +
    "</ExtrinsicObject>";
  const common = [
    ["f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "SA25", "1.2.250.1.71.4.2.4", "Cabinet de groupe"],
    ["cccf5598-8b07-4b77-a05e-ae952c785ead", "AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"],
    ["f4f85eac-e6cb-4883-b524-f2705394840f", "N", "2.16.840.1.113883.5.25", "Normal"],
  ];
  const bytes = (content: Buffer): string =>
    slot("hash", createHash("sha1").update(content).digest("hex")) + slot("size", `${content.length}`);
  const manifestSlots =
    slot("creationTime", utc) +
    slot("languageCode", "fr-FR") +
    slot("legalAuthenticator", "899700000017^TILLEUL^ANNE^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS") +
    slot("serviceStartTime", "20260112081500") +
    slot("serviceStopTime", "20260112083000") +
    slot("sourcePatientId", "P0001^^^&1.2.250.1.999.7.3&ISO^PI") +
    slot("sourcePatientInfo", "PID-5|ESSAI^LUCE^^^^^L", "PID-7|19850112", "PID-8|F", "PID-11|^^^^^^BDL^^75112") +
    bytes(kos) +
    slot(
      "urn:ihe:iti:xds:2013:referenceIdList",
      "ACC-26-0001^^^&1.2.250.1.999.7.1&ISO^urn:ihe:iti:xds:2013:accession",
      `${ids.study}^^^&1.2.250.1.999.7.4&ISO^urn:ihe:iti:xds:2016:studyInstanceUID`,
      "ORD-77^^^&1.2.250.1.999.7.2&ISO^urn:ihe:iti:xds:2013:order",
    );
  const signatureSlots =
    slot("creationTime", utc) +
    slot("languageCode", "art") +
    slot("sourcePatientId", PATIENT_ID) +
    bytes(Buffer.from(signature));
  const manifest = entry(
    "Manifest01",
    "application/dicom",
    manifestSlots,
    "Reference d'Objets d'un Examen d'Imagerie",
    [
      ["41a5887f-8865-4c09-adf7-e362475b143a", "31", "1.2.250.1.213.1.1.4.1", "Imagerie médicale"],
      [
        "f0306f51-975f-434e-a61c-c59651d33983",
        "IMG-KOS",
        "1.2.250.1.213.1.1.4.12",
        "Reference d'objets d'un examen d'imagerie",
      ],
      [
        "a09d5840-386c-46f2-b5ad-9c3699a4309d",
        "1.2.840.10008.5.1.4.1.1.88.59",
        "1.2.840.10008.2.6.1",
        "Références d'objets d'imagerie",
      ],
      ["2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", "CT", "1.2.840.10008.2.16.4", "Tomodensitométrie"],
      ["2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", "67734004", "2.16.840.1.113883.6.96", "Thorax"],
      ...common,
    ],
    ids.sop,
  );
  const signatureEntry = entry(
    "Signature01",
    "text/xml",
    signatureSlots,
    "Source",
    [
      ["41a5887f-8865-4c09-adf7-e362475b143a", "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"],
      ["f0306f51-975f-434e-a61c-c59651d33983", "E1762", "ASTM", "Full Document"],
      ["a09d5840-386c-46f2-b5ad-9c3699a4309d", DS, "URN", "Default Signature Style"],
      ["2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", "1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12", "Source"],
      ["f4f85eac-e6cb-4883-b524-f2705394840f", "MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels"],
      ...common,
    ],
    ids.signature,
  );
  const original = slot("SubmissionSetStatus", "Original");
  const hasMember = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember";
  return (
    '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"><RegistryObjectList xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">' +
    `<RegistryPackage id="${set}">${slot("submissionTime", utc)}${author(set, "a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d")}` +
    coded(set, "aa543740-bdda-424e-8c96-df4873be8500", "04", "1.2.250.1.213.2.2", "Hospitalisation de jour") +
    `<Classification id="${next()}" classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd" classifiedObject="${set}"/>` +
    external(set, "6b5aea1a-874d-4603-a4bc-96a0a7b38446", PATIENT_ID, "XDSSubmissionSet.patientId") +
    external(set, "554ac39e-e3fe-47fe-b233-965d2a147832", "1.2.250.1.999.1.1", "XDSSubmissionSet.sourceId") +
    external(set, "96fdda7c-d067-4183-912e-bf5ee74998a8", ids.set, "XDSSubmissionSet.uniqueId") +
    `</RegistryPackage>${manifest}${signatureEntry}` +
    association(hasMember, set, "Manifest01", original) +
    association(hasMember, set, "Signature01", original) +
    association("urn:ihe:iti:2007:AssociationType:signs", "Signature01", set) +
    "</RegistryObjectList></lcm:SubmitObjectsRequest>"
  );
}
