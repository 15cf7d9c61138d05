import { slot } from "./ebrim.ts";
import { NS, UUID } from "./names.ts";
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

/** Body of ITI-18 GetDocuments by uniqueId, full answers (ITI TF-2 3.18.4.1.2.3.7.5). */
export function getDocuments(uniqueId: string): Markup {
  const quoted = `('${uniqueId.replaceAll("'", "''")}')`;
  return element(
    "query:AdhocQueryRequest",
    { "xmlns:query": NS.query, xmlns: NS.rim },
    element("query:ResponseOption", { returnComposedObjects: "true", returnType: "LeafClass" }),
    element("AdhocQuery", { id: UUID.queryGetDocuments }, slot("$XDSDocumentEntryUniqueId", quoted)),
  );
}
