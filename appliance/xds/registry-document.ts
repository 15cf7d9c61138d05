import { said } from "../base/index.ts";
import type { Code, RegistryDocument } from "./model.ts";
import { NS, REFERENCE_ID_LIST, UUID } from "./names.ts";
import { child, children, type Element, text } from "./xml-read.ts";

/** A `rim:ExtrinsicObject` of an answer. What the registry does not say, or says emptily, is absent. */
export function readDocument(node: Element): RegistryDocument {
  const slots = readSlots(node);
  const classifications = children(node, NS.rim, "Classification");
  const identifiers = children(node, NS.rim, "ExternalIdentifier");
  const first = (name: string) => slots.get(name)?.[0] || undefined;
  const attribute = (name: string) => node.getAttribute(name) || undefined;
  const classified = (scheme: string) =>
    classifications.filter((item) => item.getAttribute("classificationScheme") === scheme);
  const coded = (scheme: string) => classified(scheme).map(readCode)[0];
  const identifier = (scheme: string) =>
    identifiers.find((item) => item.getAttribute("identificationScheme") === scheme)?.getAttribute("value") ||
    undefined;
  const size = first("size");
  return {
    entryUUID: attribute("id") ?? "",
    slots,
    authorInstitutions: classified(UUID.entryAuthor).flatMap((item) => readSlots(item).get("authorInstitution") ?? []),
    referenceIdList: slots.get(REFERENCE_ID_LIST) ?? [],
    ...said({
      logicalId: attribute("lid"),
      status: attribute("status"),
      mimeType: attribute("mimeType"),
      uniqueId: identifier(UUID.entryUniqueId),
      patientId: identifier(UUID.entryPatientId),
      hash: first("hash"),
      repositoryUniqueId: first("repositoryUniqueId"),
      size: size !== undefined && /^\d{1,15}$/.test(size) ? Number(size) : undefined,
      classCode: coded(UUID.entryClassCode),
      typeCode: coded(UUID.entryTypeCode),
      formatCode: coded(UUID.entryFormatCode),
    }),
  };
}

function readSlots(node: Element): Map<string, readonly string[]> {
  const slots = new Map<string, readonly string[]>();
  for (const slot of children(node, NS.rim, "Slot")) {
    const list = child(slot, NS.rim, "ValueList");
    slots.set(slot.getAttribute("name") ?? "", list ? children(list, NS.rim, "Value").map(text) : []);
  }
  return slots;
}

function readCode(classification: Element): Code {
  const label = child(child(classification, NS.rim, "Name"), NS.rim, "LocalizedString");
  return {
    code: classification.getAttribute("nodeRepresentation") ?? "",
    scheme: readSlots(classification).get("codingScheme")?.[0] ?? "",
    display: label?.getAttribute("value") ?? "",
  };
}
