/** The submission set and the document entries: values against ITI TF-3 4.2.3 and the rules of the DMP. */
import { createHash } from "node:crypto";
import { CONTENT_TYPE, HAS_MEMBER, MANIFEST, RPLC, SET, SIGNATURE, SIGNS } from "./codes.ts";
import { type Entry, readEntry } from "./entry.ts";
import { METADATA_ERROR as CODE, RegistryObject, slot } from "./fields.ts";
import { checkNoText, checkShape } from "./schema.ts";
import { attribute, children, type Element, elements, type Findings, is, NS, only } from "./xml.ts";

const SET_SLOTS: ReadonlySet<string> = new Set(["submissionTime", "intendedRecipient", "homeCommunityId"]);
const DOCUMENT_ERROR = "XDSRepositoryMetadataError";

export interface SubmissionSet {
  readonly id: string;
  readonly element: Element;
  readonly uniqueId: string;
  readonly patientId: string;
  /** Ids of author institutions. */
  readonly institutions: readonly string[];
}

export interface Submission extends SubmissionSet {
  readonly entries: readonly Entry[];
}

/** Reads and checks the SubmitObjectsRequest of an ITI-41; undefined when it is too broken to go on. */
export function readSubmission(request: Element | undefined, now: Date, findings: Findings): Submission | undefined {
  const read = readSet(request, ["RegistryPackage", "ExtrinsicObject+", "Association+"], now, findings);
  if (read === undefined) return undefined;
  const { list, set } = read;
  const associations = children(list, NS.rim, "Association");
  const entries = children(list, NS.rim, "ExtrinsicObject").map((object) =>
    readEntry(new RegistryObject(object, now, findings), associations),
  );
  const submission = { ...set, entries: entries.filter((entry) => entry !== undefined) };
  checkTogether(submission, associations, findings);
  return submission;
}

/** The list of a SubmitObjectsRequest, whose objects are in that order, and the one submission set in it. */
export function readSet(
  request: Element | undefined,
  objects: readonly string[],
  now: Date,
  findings: Findings,
): { readonly list: Element; readonly set: SubmissionSet } | undefined {
  const list = only(request, NS.rim, "RegistryObjectList");
  if (request === undefined || !is(request, NS.lcm, "SubmitObjectsRequest") || list === undefined) {
    findings.add(CODE, request ?? "/", "SubmitObjectsRequest with one RegistryObjectList is expected");
    return undefined;
  }
  findings.check(elements(request).length === 1, CODE, request, "holds more than the RegistryObjectList");
  checkNoText(request, findings);
  checkShape(list, objects, findings);
  const element = only(list, NS.rim, "RegistryPackage");
  return element && { list, set: readPackage(new RegistryObject(element, now, findings)) };
}

/** The documents' bytes against their entries: each there, of the length and the digest that is said. */
export function checkDocuments(
  entries: readonly Entry[],
  documents: ReadonlyMap<string, Buffer>,
  findings: Findings,
): void {
  for (const { id, element } of entries) {
    const bytes = documents.get(id);
    if (bytes === undefined) {
      findings.add("XDSMissingDocument", element, "no Document has this id");
      continue;
    }
    const hash = createHash("sha1").update(bytes).digest("hex");
    const sameHash = slot(element, "hash")[0]?.toLowerCase() === hash;
    findings.check(sameHash, DOCUMENT_ERROR, `${id}/hash`, `the document's SHA-1 is ${hash}`);
    const sameSize = slot(element, "size")[0] === `${bytes.length}`;
    findings.check(sameSize, DOCUMENT_ERROR, `${id}/size`, `the document has ${bytes.length} bytes`);
  }
  for (const id of documents.keys()) {
    const known = entries.some((entry) => entry.id === id);
    findings.check(known, "XDSMissingDocumentMetadata", `Document[@id='${id}']`, "no ExtrinsicObject has this id");
  }
}

function checkTogether(submission: Submission, associations: readonly Element[], findings: Findings): void {
  const { entries, id } = submission;
  const signatures = entries.filter(({ kind }) => kind === SIGNATURE);
  findings.check(signatures.length === 1, CODE, submission.element, "exactly one signature document is expected");
  findings.check(entries.length > signatures.length, CODE, submission.element, "no manifest is submitted");
  for (const entry of entries) {
    const same = entry.patientId === "" || entry.patientId === submission.patientId;
    findings.check(same, "XDSPatientIdDoesNotMatch", `${entry.id}/patientId`, "is not that of the submission set");
  }
  const uniqueIds = [submission.uniqueId, ...entries.map(({ uniqueId }) => uniqueId)];
  for (const uniqueId of new Set(uniqueIds.filter((one, index) => uniqueIds.indexOf(one) !== index))) {
    findings.add("XDSRepositoryDuplicateUniqueIdInMessage", "uniqueId", `${uniqueId} is given twice`);
  }
  const linked = (type: string, from: string, to: string): Element[] =>
    associations.filter(
      (one) =>
        attribute(one, "associationType") === type &&
        attribute(one, "sourceObject") === from &&
        attribute(one, "targetObject") === to,
    );
  const expected = new Set<Element>();
  const expectOne = (type: string, from: string, to: string): Element | undefined => {
    const found = linked(type, from, to);
    for (const one of found) expected.add(one);
    findings.check(found.length === 1, CODE, "Association", `${found.length} of type ${type} from ${from} to ${to}`);
    return found[0];
  };
  for (const entry of entries) {
    const member = expectOne(HAS_MEMBER, id, entry.id);
    if (member === undefined) continue;
    const original = slot(member, "SubmissionSetStatus").join() === "Original";
    findings.check(original, CODE, member, "SubmissionSetStatus is not Original");
  }
  for (const signature of signatures) expectOne(SIGNS, signature.id, id);
  const replaced = new Set<string>();
  for (const { id: source, kind, replaces } of entries) {
    if (replaces === undefined || kind !== MANIFEST) continue;
    const rplc = expectOne(RPLC, source, replaces);
    findings.check(!replaced.has(replaces), CODE, rplc ?? "Association", `${replaces} is replaced twice`);
    replaced.add(replaces);
  }
  for (const one of associations) {
    const type = attribute(one, "associationType");
    findings.check(expected.has(one), CODE, one, `association ${type} has no business here`);
  }
}

function readPackage(object: RegistryObject): SubmissionSet {
  const { element, id } = object;
  const nodes = children(element, NS.rim, "Classification").map((one) => attribute(one, "classificationNode"));
  object.expect(nodes.filter((node) => node === SET.node).length === 1, "", "is not classified as a submission set");
  object.time("submissionTime");
  object.slots(SET_SLOTS);
  object.coded("contentTypeCode", SET.contentTypeCode, CONTENT_TYPE);
  object.uniqueId("XDSSubmissionSet.sourceId", SET.sourceId);
  const uniqueId = object.uniqueId("XDSSubmissionSet.uniqueId", SET.uniqueId);
  const patientId = object.patientId("XDSSubmissionSet.patientId", SET.patientId);
  return { id, element, uniqueId, patientId, institutions: object.authors(SET.author) };
}
