import { xdsErrors } from "./errors.ts";
import { parseMediaType, parseMultipart, rootPart } from "./mime.ts";
import type { RegistryDocument } from "./model.ts";
import { NS } from "./names.ts";
import { readDocument } from "./registry-document.ts";
import { child, children, type Element, is, parseRoot, text } from "./xml-read.ts";

export interface SoapFault {
  /** Local name of the code: `Sender`, `Receiver`, `MustUnderstand`, `VersionMismatch`. */
  readonly code: string;
  /** Local name of the innermost subcode, e.g. `FailedAuthentication`. */
  readonly subcode?: string;
  /** What the service says; may hold an identity. */
  readonly reason: string;
}

/** One `rs:RegistryError`. `context` and `location` are the registry's words and may hold an identity. */
export interface RegistryErrorLine {
  readonly code: string;
  readonly context: string;
  readonly location?: string;
  readonly severity: "Error" | "Warning";
}

export interface RegistryAnswer {
  readonly status: "Success" | "PartialSuccess" | "Failure";
  /** Every error and warning, in order. */
  readonly errors: readonly RegistryErrorLine[];
  /** `ExtrinsicObject`s of a LeafClass answer. */
  readonly documents: readonly RegistryDocument[];
  /** `ObjectRef` ids of an ObjectRef answer. */
  readonly objectRefs: readonly string[];
}

/**
 * Reads an answer to ITI-41, ITI-57 or ITI-18, MTOM or plain SOAP; by namespace, whatever the prefixes.
 * @throws XDS_MIME_UNREADABLE, XDS_XML_UNREADABLE, XDS_XML_FORBIDDEN, XDS_XML_TOO_LARGE, XDS_ANSWER_UNEXPECTED
 */
export function readAnswer(contentType: string, body: Uint8Array): SoapFault | RegistryAnswer {
  const envelope = parseRoot(soapBytes(contentType, body));
  const soap = envelope.namespaceURI;
  if (envelope.localName !== "Envelope" || (soap !== NS.soap && soap !== NS.soap11))
    throw unexpected("no SOAP envelope");
  const soapBody = child(envelope, soap, "Body");
  const content = soapBody && children(soapBody)[0];
  if (!content) throw unexpected("no SOAP body");
  if (is(content, soap, "Fault")) return readFault(content, soap);
  if (is(content, NS.rs, "RegistryResponse") || is(content, NS.query, "AdhocQueryResponse"))
    return readRegistry(content);
  throw unexpected("neither a registry answer nor a fault");
}

export function isFault(answer: SoapFault | RegistryAnswer): answer is SoapFault {
  return "reason" in answer;
}

const SOAP_TYPES = new Set(["application/soap+xml", "application/xop+xml", "text/xml", "application/xml"]);

function soapBytes(contentType: string, body: Uint8Array): Uint8Array {
  const mediaType = parseMediaType(contentType);
  if (mediaType.type.startsWith("multipart/")) return rootPart(parseMultipart(body, mediaType), mediaType).bytes;
  if (SOAP_TYPES.has(mediaType.type)) return body;
  throw unexpected("not a SOAP media type");
}

/** SOAP 1.2 (part 1, 5.4); SOAP 1.1 faults too, which some gateways answer to anything. */
function readFault(fault: Element, soap: string): SoapFault {
  if (soap === NS.soap11) {
    const named = (localName: string) => text(children(fault).find((node) => node.localName === localName));
    return { code: localPart(named("faultcode")), reason: named("faultstring") };
  }
  let codeNode = child(fault, soap, "Code");
  const code = localPart(text(child(codeNode, soap, "Value")));
  let subcode = "";
  for (codeNode = child(codeNode, soap, "Subcode"); codeNode; codeNode = child(codeNode, soap, "Subcode"))
    subcode = localPart(text(child(codeNode, soap, "Value")));
  const reason = text(child(child(fault, soap, "Reason"), soap, "Text"));
  return { code, ...(subcode === "" ? {} : { subcode }), reason };
}

const localPart = (qualifiedName: string) => qualifiedName.slice(qualifiedName.lastIndexOf(":") + 1);

function readRegistry(response: Element): RegistryAnswer {
  const status = localPart(response.getAttribute("status") ?? "");
  if (status !== "Success" && status !== "PartialSuccess" && status !== "Failure") throw unexpected("no known status");
  const errorList = child(response, NS.rs, "RegistryErrorList");
  const objects = child(response, NS.rim, "RegistryObjectList");
  return {
    status,
    errors: errorList ? children(errorList, NS.rs, "RegistryError").map(readError) : [],
    documents: objects ? children(objects, NS.rim, "ExtrinsicObject").map(readDocument) : [],
    objectRefs: objects ? children(objects, NS.rim, "ObjectRef").map((node) => node.getAttribute("id") ?? "") : [],
  };
}

function readError(node: Element): RegistryErrorLine {
  const location = node.getAttribute("location");
  return {
    code: localPart(node.getAttribute("errorCode") ?? ""),
    context: node.getAttribute("codeContext") ?? "",
    ...(location ? { location } : {}),
    severity: localPart(node.getAttribute("severity") ?? "") === "Warning" ? "Warning" : "Error",
  };
}

const unexpected = (reason: string) => xdsErrors.fault("XDS_ANSWER_UNEXPECTED", { details: { reason } });
