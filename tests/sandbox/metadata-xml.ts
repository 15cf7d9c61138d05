/** The SubmitObjectsRequest of a right publication. */
import { createHash } from "node:crypto";
import { type Ids, PATIENT_ID } from "./hooks.ts";

const DS = "http://www.w3.org/2000/09/xmldsig#";

export function submitObjectsRequest(
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
