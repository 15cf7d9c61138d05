import { child, children, type Element, NS, parseRoot, UUID } from "../xds/index.ts";
import { vihfRoles } from "./codes.ts";
import { missing } from "./errors.ts";
import type { ArchivedProvision, DmpOptions, Provision, SubmissionDocument } from "./model.ts";
import { rolesOfAuthor } from "./structure.ts";

/**
 * A submission that another box made, or another software, as far as its metadata tell: what it takes to find its manifest
 * again and to replace or withdraw it in the name of the same people. The structure is looked up by the identification of
 * this box. Throws DMP_METADATA_MISSING, DMP_NO_CERTIFICATE_FOR_STRUCTURE.
 */
export function adoptProvision(archived: ArchivedProvision, options: DmpOptions["identification"]): Provision {
  const { metadata, manifest, signature, submissionSetUniqueId } = archived;
  const objects = child(parseRoot(metadata), NS.rim, "RegistryObjectList");
  const set = objects && child(objects, NS.rim, "RegistryPackage");
  const entries = objects === undefined ? [] : children(objects, NS.rim, "ExtrinsicObject");
  const entry = entries.find((node) => node.getAttribute("id") === manifest.id);
  if (set === undefined || entry === undefined) throw missing("RegistryObjectList");

  const institution = required(slotOf(classified(entry, UUID.entryAuthor), "authorInstitution"), "authorInstitution");
  const [name, , , , , , , , , id] = components(institution);
  const [person, family = "", given = ""] = components(
    required(slotOf(entry, "legalAuthenticator"), "legalAuthenticator"),
  );
  const [specialty, displayName = ""] = components(slotOf(classified(set, UUID.setAuthor), "authorSpecialty") ?? "");
  const sector = required(classified(entry, UUID.entryFacilityTypeCode), "healthcareFacilityTypeCode");
  const patientId = identifier(entry, UUID.entryPatientId);
  const structure = rolesOfAuthor({ id: required(id, "authorInstitution"), name: name ?? "" }, options);
  const { uniqueId, hash, ...document } = manifest;
  return {
    kind: "provide",
    documentUniqueId: uniqueId,
    submissionSetUniqueId,
    signatureUniqueId: signatureOf(entries, signature),
    structureId: structure.author.id,
    certificate: structure.certificate,
    hash,
    metadata,
    documents: [document, ...(signature === undefined ? [] : [signature])],
    vihf: {
      structureId: structure.vihf,
      subject: { id: required(person, "legalAuthenticator"), name: `${given} ${family}` },
      roles: vihfRoles(specialty === undefined ? undefined : { code: specialty, displayName }),
      sector: `${sector.getAttribute("nodeRepresentation")}^${slotOf(sector, "codingScheme") ?? ""}`,
      patientId: required(patientId, "XDSDocumentEntry.patientId"),
    },
    remarks: [],
  };
}

function signatureOf(entries: readonly Element[], signature: SubmissionDocument | undefined): string {
  const entry = entries.find((node) => node.getAttribute("id") === signature?.id);
  return (entry && identifier(entry, UUID.entryUniqueId)) ?? "";
}

function classified(node: Element, scheme: string): Element | undefined {
  return children(node, NS.rim, "Classification").find((one) => one.getAttribute("classificationScheme") === scheme);
}

function identifier(node: Element, scheme: string): string | undefined {
  const found = children(node, NS.rim, "ExternalIdentifier").find(
    (one) => one.getAttribute("identificationScheme") === scheme,
  );
  return found?.getAttribute("value") || undefined;
}

/** The first value of a slot. */
function slotOf(node: Element | undefined, name: string): string | undefined {
  const slot = node && children(node, NS.rim, "Slot").find((one) => one.getAttribute("name") === name);
  const value = child(child(slot, NS.rim, "ValueList"), NS.rim, "Value");
  return value?.textContent?.trim() || undefined;
}

const ESCAPED: Readonly<Record<string, string>> = { E: "\\", F: "|", S: "^", T: "&", R: "~" };

/** The components of an HL7 v2 value, unescaped; an empty one is absent. */
function components(value: string): (string | undefined)[] {
  return value
    .split("^")
    .map((one) => one.replace(/\\([EFSTR])\\/g, (_, letter: string) => ESCAPED[letter] ?? "") || undefined);
}

function required<Value>(value: Value | undefined, where: string): Value {
  if (value === undefined) throw missing(where);
  return value;
}
