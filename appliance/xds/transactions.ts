import { slot } from "./ebrim.ts";
import type { Code } from "./model.ts";
import { NS, STATUS, UUID } from "./names.ts";
import { element, Markup } from "./xml-write.ts";

/** Includes a MIME part by its Content-ID (XOP, 2.1). `@` stays as it is: readers that do not decode find it too. */
function include(contentId: string): Markup {
  const href = `cid:${encodeURIComponent(contentId).replaceAll("%40", "@")}`;
  return element("xop:Include", { "xmlns:xop": NS.xop, href });
}

/**
 * Body of ITI-41. `submitObjectsRequest` is the XML made by `submitObjectsRequest()`, kept word for word so that each
 * attempt submits the same metadata; each document is bound to its entry by `id` and to its MIME part by `contentId`.
 */
export function provideAndRegister(
  submitObjectsRequest: string,
  documents: readonly { readonly id: string; readonly contentId: string }[],
): Markup {
  return element(
    "xdsb:ProvideAndRegisterDocumentSetRequest",
    { "xmlns:xdsb": NS.xdsb },
    new Markup(submitObjectsRequest),
    documents.map(({ id, contentId }) => element("xdsb:Document", { id }, include(contentId))),
  );
}

/** Body of ITI-18 GetDocuments by uniqueId: every version, whatever its status (ITI TF-2 3.18.4.1.2.3.7.5). */
export function getDocuments(uniqueId: string): Markup {
  return adhocQuery(UUID.queryGetDocuments, { UniqueId: list([uniqueId]) });
}

/** What is asked of a patient's documents: several values are alternatives, several conditions all hold. */
export interface DocumentQuestion {
  /** CX. */
  readonly patientId: string;
  /** Values of `STATUS`. Default: Approved. */
  readonly statuses?: readonly string[];
  readonly classCodes?: readonly Coded[];
  readonly typeCodes?: readonly Coded[];
  readonly formatCodes?: readonly Coded[];
}

type Coded = Pick<Code, "code" | "scheme">;

/** Body of ITI-18 FindDocuments (ITI TF-2 3.18.4.1.2.3.7.1). */
export function findDocuments(question: DocumentQuestion): Markup {
  return adhocQuery(UUID.queryFindDocuments, ofPatient(question));
}

/** Body of ITI-18 FindDocumentsByReferenceId: one of these CXi values at least (ITI TF-2 3.18.4.1.2.3.7.14). */
export function findDocumentsByReferenceId(question: DocumentQuestion, referenceIds: readonly string[]): Markup {
  return adhocQuery(UUID.queryFindDocumentsByReferenceId, {
    ...ofPatient(question),
    ReferenceIdList: list(referenceIds),
  });
}

/** Values of each `$XDSDocumentEntry...` parameter. */
type Parameters = Readonly<Record<string, readonly string[]>>;

function ofPatient({ patientId, statuses, classCodes, typeCodes, formatCodes }: DocumentQuestion): Parameters {
  const codes = (given: readonly Coded[] = []) => list(given.map(({ code, scheme }) => `${code}^^${scheme}`));
  return {
    PatientId: [quoted(patientId)],
    Status: list(statuses ?? [STATUS.approved]),
    ClassCode: codes(classCodes),
    TypeCode: codes(typeCodes),
    FormatCode: codes(formatCodes),
  };
}

/** Answers are full entries: what is asked of a document is asked at once. */
function adhocQuery(id: string, parameters: Parameters): Markup {
  return element(
    "query:AdhocQueryRequest",
    { "xmlns:query": NS.query, xmlns: NS.rim },
    element("query:ResponseOption", { returnComposedObjects: "true", returnType: "LeafClass" }),
    element(
      "AdhocQuery",
      { id },
      Object.entries(parameters).map(([name, values]) => slot(`$XDSDocumentEntry${name}`, values)),
    ),
  );
}

const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** A list, one Value an item: all in one would pass the 256 characters of a Value (ITI TF-2 3.18.4.1.2.3.5). */
const list = (values: readonly string[]) => values.map((value) => `(${quoted(value)})`);
