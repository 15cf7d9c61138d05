import { XMLSerializer } from "@xmldom/xmldom";
import { CodedError } from "../base/index.ts";
import { child, children, type Element, is, NS, parseRoot } from "../xds/index.ts";
import { xdmErrors } from "./errors.ts";
import { METADATA } from "./layout.ts";

/** `identificationScheme` under which the ANS example carries the entryUUID of a document, in addition to its `id`. */
const ENTRY_UUID_SCHEME = "1.2.3";
const ENTRY_UUID_NAME = "XDSDocumentEntry.EntryUUID";

/** Order of the children of an ebRIM object (rim.xsd: RegistryObjectType, then ExtrinsicObjectType). */
const ORDER = [
  "Slot",
  "Name",
  "Description",
  "VersionInfo",
  "Classification",
  "ExternalIdentifier",
  "ContentVersionInfo",
];

/** The one `lcm:SubmitObjectsRequest` of a METADATA.XML. */
export interface Metadata {
  readonly request: Element;
  readonly registryPackage: Element;
  readonly extrinsicObjects: readonly Element[];
  readonly associations: readonly Element[];
}

/**
 * Opens the metadata of a submission set: `lcm:SubmitObjectsRequest`, or the message that carried it to a repository,
 * which the demonstrator keeps whole. Throws XDM_METADATA_UNREADABLE, XDM_METADATA_INCOMPLETE.
 */
export function openMetadata(source: string | Uint8Array): Metadata {
  const request = requestOf(parse(source));
  const objects = request && child(request, NS.rim, "RegistryObjectList");
  if (request === undefined || objects === undefined) throw incomplete("SubmitObjectsRequest/RegistryObjectList");
  const packages = children(objects, NS.rim, "RegistryPackage");
  if (packages[0] === undefined || packages.length > 1) throw incomplete("one RegistryPackage");
  return {
    request,
    registryPackage: packages[0],
    extrinsicObjects: children(objects, NS.rim, "ExtrinsicObject"),
    associations: children(objects, NS.rim, "Association"),
  };
}

function parse(source: string | Uint8Array): Element {
  try {
    return parseRoot(source);
  } catch (cause) {
    const reason = cause instanceof CodedError ? cause.code : "XML";
    throw xdmErrors.fault("XDM_METADATA_UNREADABLE", { details: { reason }, where: METADATA, cause });
  }
}

function requestOf(root: Element): Element | undefined {
  if (is(root, NS.lcm, "SubmitObjectsRequest")) return root;
  const soap = [NS.soap, NS.soap11].find((namespace) => is(root, namespace, "Envelope"));
  const message = soap === undefined ? root : children(child(root, soap, "Body") ?? root)[0];
  if (message === undefined || !is(message, NS.xdsb, "ProvideAndRegisterDocumentSetRequest")) return undefined;
  return child(message, NS.lcm, "SubmitObjectsRequest");
}

/** The metadata as XML of their own, without what stood around them. */
export function serialise({ request }: Metadata): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(request)}`;
}

/** Where a document is and under which identifier the record keeps it. */
export interface Place {
  readonly uri: string;
  readonly entryUUID?: string;
}

/**
 * Writes into `object`, and in what refers to it, the URI of its document, relative to the folder of METADATA.XML (ITI
 * TF-3 4.2.3.2.26), and its entryUUID: as its `id`, where the standard has it, and as the ANS example does. Whatever the
 * order was, it is the schema's afterwards.
 */
export function place(metadata: Metadata, object: Element, { uri, entryUUID }: Place): void {
  for (const former of children(object).filter((node) => isUri(node) || isEntryUUID(node))) object.removeChild(former);
  const slot = append(object, "Slot", { name: "URI" });
  append(append(slot, "ValueList"), "Value").textContent = uri;
  if (entryUUID !== undefined) {
    rename(metadata, object, entryUUID);
    const identifier = append(object, "ExternalIdentifier", {
      id: `${entryUUID}-entryUUID`,
      identificationScheme: ENTRY_UUID_SCHEME,
      registryObject: entryUUID,
      value: entryUUID.replace(/^urn:uuid:/, ""),
    });
    append(append(identifier, "Name"), "LocalizedString", { value: ENTRY_UUID_NAME });
  }
  for (const node of children(object).sort((a, b) => rank(a) - rank(b))) object.appendChild(node);
}

function rank(node: Element): number {
  const found = ORDER.indexOf(node.localName ?? "");
  return found < 0 ? ORDER.length : found;
}

const REFERENCES = ["classifiedObject", "registryObject", "sourceObject", "targetObject"];

function rename({ request }: Metadata, object: Element, id: string): void {
  const former = object.getAttribute("id");
  object.setAttribute("id", id);
  for (const node of request.getElementsByTagName("*"))
    for (const name of REFERENCES) if (node.getAttribute(name) === former) node.setAttribute(name, id);
}

function append(parent: Element, name: string, attributes: Readonly<Record<string, string>> = {}): Element {
  const document = parent.ownerDocument;
  if (document === null) throw new TypeError("an element of no document");
  const prefix = parent.prefix ? `${parent.prefix}:` : "";
  const node = document.createElementNS(NS.rim, prefix + name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.appendChild(node);
  return node;
}

function isUri(node: Element): boolean {
  return is(node, NS.rim, "Slot") && node.getAttribute("name") === "URI";
}

/** The identifier that the ANS example adds, known by its name: its scheme is anybody's. */
export function isEntryUUID(node: Element): boolean {
  const name = child(child(node, NS.rim, "Name"), NS.rim, "LocalizedString");
  return is(node, NS.rim, "ExternalIdentifier") && name?.getAttribute("value") === ENTRY_UUID_NAME;
}

export const incomplete = (missing: string) =>
  xdmErrors.fault("XDM_METADATA_INCOMPLETE", { details: { missing }, where: METADATA });
