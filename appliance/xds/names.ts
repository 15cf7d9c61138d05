/** XML namespaces of the SOAP, ebRIM 3.0 (ITI TF-3 4.2), SAML and signature vocabularies. */
export const NS = {
  soap: "http://www.w3.org/2003/05/soap-envelope",
  soap11: "http://schemas.xmlsoap.org/soap/envelope/",
  wsa: "http://www.w3.org/2005/08/addressing",
  wsse: "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
  xop: "http://www.w3.org/2004/08/xop/include",
  xdsb: "urn:ihe:iti:xds-b:2007",
  lcm: "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0",
  rim: "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0",
  rs: "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0",
  query: "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0",
  ds: "http://www.w3.org/2000/09/xmldsig#",
  xades111: "http://uri.etsi.org/01903/v1.1.1#",
  saml: "urn:oasis:names:tc:SAML:2.0:assertion",
  xmlns: "http://www.w3.org/2000/xmlns/",
} as const;

/** WS-Addressing actions of the transactions used. */
export const ACTION = {
  provideAndRegister: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
  storedQuery: "urn:ihe:iti:2007:RegistryStoredQuery",
  updateDocumentSet: "urn:ihe:iti:2010:UpdateDocumentSet",
} as const;

/** ebRIM object types, classification schemes and identification schemes (ITI TF-3 4.2.5). */
export const UUID = {
  documentEntry: "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",
  entryAuthor: "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d",
  entryClassCode: "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
  entryConfidentialityCode: "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
  entryEventCode: "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
  entryFormatCode: "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
  entryFacilityTypeCode: "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
  entryPracticeSettingCode: "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
  entryTypeCode: "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
  entryPatientId: "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
  entryUniqueId: "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab",
  submissionSetNode: "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
  setAuthor: "urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d",
  setContentTypeCode: "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
  setPatientId: "urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446",
  setUniqueId: "urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8",
  setSourceId: "urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832",
  queryGetDocuments: "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
  queryFindDocuments: "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
  queryFindDocumentsByReferenceId: "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
} as const;

/** Association types (ITI TF-3 4.2.2; the last, XDS Metadata Update 3.57). */
export const ASSOCIATION = {
  hasMember: "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember",
  signs: "urn:ihe:iti:2007:AssociationType:signs",
  replaces: "urn:ihe:iti:2007:AssociationType:RPLC",
  updateAvailabilityStatus: "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus",
} as const;

/** availabilityStatus: ebRIM's own and, for the last two, the additions of the CI-SIS. */
export const STATUS = {
  approved: "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
  deprecated: "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated",
  archived: "urn:asip:ci-sis:2010:StatusType:Archived",
  deleted: "urn:asip:ci-sis:2010:StatusType:Deleted",
} as const;

/** Slot of the identifiers that tie a document to an order, an accession number or a study (ITI TF-3 4.2.3.2.28). */
export const REFERENCE_ID_LIST = "urn:ihe:iti:xds:2013:referenceIdList";
