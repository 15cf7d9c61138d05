/** The documents of a ProvideAndRegisterDocumentSetRequest, found again among the parts of the package (XOP 1.0). */
import type { Package } from "./mime.ts";
import { attribute, children, type Element, elements, type Findings, is, NS } from "./xml.ts";

const CODE = "XDSRepositoryError";

/** Document id to its bytes. Every Include names a part of its own and every part is named. */
export function readDocuments(
  request: Element,
  attachments: Package["attachments"],
  findings: Findings,
): Map<string, Buffer> {
  const documents = new Map<string, Buffer>();
  const unused = new Set(attachments.keys());
  for (const document of children(request, NS.xdsb, "Document")) {
    const id = attribute(document, "id") ?? "";
    findings.check(id !== "" && !documents.has(id), CODE, document, "the id is missing, or given twice");
    const [include, ...others] = elements(document);
    if (include === undefined || others.length > 0 || !is(include, NS.xop, "Include")) {
      findings.add(CODE, document, "one xop:Include is expected: the document is not inline");
      continue;
    }
    const cid = contentId(attribute(include, "href") ?? "");
    const part = cid === undefined ? undefined : attachments.get(cid);
    if (cid === undefined || part === undefined)
      findings.add(CODE, include, "href does not name a part of the package");
    else if (!unused.delete(cid)) findings.add(CODE, include, "its part is already that of another document");
    else documents.set(id, part.body);
  }
  for (const cid of unused) findings.add(CODE, `part <${cid}>`, "no xop:Include names it");
  const [first, ...rest] = elements(request);
  const ordered = first?.localName === "SubmitObjectsRequest" && rest.every((child) => is(child, NS.xdsb, "Document"));
  findings.check(ordered, CODE, request, "SubmitObjectsRequest, then Documents are expected");
  return documents;
}

/** RFC 2392: `cid:` and the percent-encoded Content-ID. */
function contentId(href: string): string | undefined {
  if (!href.startsWith("cid:")) return undefined;
  try {
    return decodeURIComponent(href.slice(4));
  } catch {
    return undefined;
  }
}
