import type { Author, Code, DocumentEntry, SubmissionMetadata, SubmissionSet } from "./model.ts";
import { ASSOCIATION, NS, REFERENCE_ID_LIST, UUID } from "./names.ts";
import { element, type Markup } from "./xml-write.ts";

/**
 * `lcm:SubmitObjectsRequest` of a submission or of an update (ebRS 3.0, ITI TF-3 4.2), valid against the ebRIM schema: in each object
 * every Slot first, then Name, Classifications, ExternalIdentifiers, all with an id. Declares its own namespaces.
 * @throws XDS_CHARACTER_NOT_ALLOWED
 */
export function submitObjectsRequest({ submissionSet, documents, associations }: SubmissionMetadata): Markup {
  const nextId = counter();
  const members = documents.map(({ id }) => ({
    type: ASSOCIATION.hasMember,
    source: submissionSet.id,
    target: id,
    slots: ORIGINAL,
  }));
  return element(
    "lcm:SubmitObjectsRequest",
    { "xmlns:lcm": NS.lcm, xmlns: NS.rim },
    element(
      "RegistryObjectList",
      {},
      registryPackage(submissionSet, nextId),
      documents.map((entry) => extrinsicObject(entry, nextId)),
      [...members, ...associations].map(({ type, source, target, slots = {} }) =>
        element(
          "Association",
          { id: nextId("as"), associationType: type, sourceObject: source, targetObject: target },
          Object.entries(slots).map(([key, value]) => slot(key, value)),
        ),
      ),
    ),
  );
}

/** A member that this very submission brings (ITI TF-3 4.2.2.1). */
export const ORIGINAL = { SubmissionSetStatus: "Original" } as const;

type NextId = (kind: string) => string;

/** Symbolic ids unique in the request: `cl1`, `ei2`, `as3`. */
function counter(): NextId {
  let last = 0;
  return (kind) => `${kind}${++last}`;
}

function registryPackage(set: SubmissionSet, nextId: NextId): Markup {
  return element(
    "RegistryPackage",
    { id: set.id },
    slot("submissionTime", set.submissionTime),
    name(set.title),
    set.authors.map((author) => authorClassification(UUID.setAuthor, set.id, author, nextId)),
    codeClassification(UUID.setContentTypeCode, set.id, set.contentTypeCode, nextId),
    element("Classification", {
      id: nextId("cl"),
      classifiedObject: set.id,
      classificationNode: UUID.submissionSetNode,
    }),
    externalIdentifier(UUID.setPatientId, set.id, "XDSSubmissionSet.patientId", set.patientId, nextId),
    externalIdentifier(UUID.setSourceId, set.id, "XDSSubmissionSet.sourceId", set.sourceId, nextId),
    externalIdentifier(UUID.setUniqueId, set.id, "XDSSubmissionSet.uniqueId", set.uniqueId, nextId),
  );
}

function extrinsicObject(entry: DocumentEntry, nextId: NextId): Markup {
  const classify = (scheme: string, codes: readonly Code[]) =>
    codes.map((code) => codeClassification(scheme, entry.id, code, nextId));
  return element(
    "ExtrinsicObject",
    { id: entry.id, mimeType: entry.mimeType, objectType: UUID.documentEntry },
    slot("creationTime", entry.creationTime),
    slot("languageCode", entry.languageCode),
    slot("legalAuthenticator", entry.legalAuthenticator),
    slot("serviceStartTime", entry.serviceStartTime),
    slot("serviceStopTime", entry.serviceStopTime),
    slot("sourcePatientId", entry.sourcePatientId),
    slot("hash", entry.hash),
    slot("size", String(entry.size)),
    slot("sourcePatientInfo", entry.sourcePatientInfo),
    slot(REFERENCE_ID_LIST, entry.referenceIdList),
    name(entry.title),
    entry.authors.map((author) => authorClassification(UUID.entryAuthor, entry.id, author, nextId)),
    classify(UUID.entryClassCode, [entry.classCode]),
    classify(UUID.entryTypeCode, [entry.typeCode]),
    classify(UUID.entryConfidentialityCode, entry.confidentialityCodes),
    classify(UUID.entryFormatCode, [entry.formatCode]),
    classify(UUID.entryFacilityTypeCode, [entry.healthcareFacilityTypeCode]),
    classify(UUID.entryPracticeSettingCode, [entry.practiceSettingCode]),
    classify(UUID.entryEventCode, entry.eventCodeList),
    externalIdentifier(UUID.entryPatientId, entry.id, "XDSDocumentEntry.patientId", entry.patientId, nextId),
    externalIdentifier(UUID.entryUniqueId, entry.id, "XDSDocumentEntry.uniqueId", entry.uniqueId, nextId),
  );
}

/** A Slot, or nothing when there is no value: an empty ValueList says something else than an absent Slot. */
export function slot(slotName: string, value: string | readonly string[] | undefined): Markup | undefined {
  const values = typeof value === "string" ? [value] : (value ?? []);
  if (values.length === 0) return undefined;
  return element(
    "Slot",
    { name: slotName },
    element("ValueList", {}, ...values.map((item) => element("Value", {}, item))),
  );
}

/** Longest `LocalizedString` (ebRIM 3.0, FreeFormText): what is longer is a display name, and is cut. */
const MAX_TEXT = 1024;

function name(text: string): Markup {
  const value = text.length > MAX_TEXT ? [...text].slice(0, MAX_TEXT).join("") : text;
  return element("Name", {}, element("LocalizedString", { "xml:lang": "fr-FR", charset: "UTF-8", value }));
}

function authorClassification(scheme: string, object: string, author: Author, nextId: NextId): Markup {
  return element(
    "Classification",
    { id: nextId("cl"), classificationScheme: scheme, classifiedObject: object, nodeRepresentation: "" },
    slot("authorPerson", author.person),
    slot("authorInstitution", author.institutions),
    slot("authorRole", author.roles),
    slot("authorSpecialty", author.specialties),
  );
}

function codeClassification(scheme: string, object: string, code: Code, nextId: NextId): Markup {
  return element(
    "Classification",
    { id: nextId("cl"), classificationScheme: scheme, classifiedObject: object, nodeRepresentation: code.code },
    slot("codingScheme", code.scheme),
    name(code.display),
  );
}

function externalIdentifier(scheme: string, object: string, label: string, value: string, nextId: NextId): Markup {
  return element(
    "ExternalIdentifier",
    { id: nextId("ei"), identificationScheme: scheme, registryObject: object, value },
    name(label),
  );
}
